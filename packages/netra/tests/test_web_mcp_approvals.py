"""A tool of a tenant's own server that may only be called with approval: the owner decides, the server is told once."""

import json
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from netra_doors import Door, Person
from netra_doors import opened as door_opened
from netra_mcp import served
from netra_models import endpoint, text, tool_call
from netra_runs import Scene, scene, settings_of, worker
from netra_usage import opened

from netra.analytics.generator import GenerationPlan, generate
from netra.events.union import Event
from netra.stores.database import Pool

pytestmark = pytest.mark.slow
END = datetime(2026, 11, 20, tzinfo=UTC)
SEND = "mcp.tickets.send"
SPOKEN = "mcp__tickets__send"
ASK = "How could I reduce the cost of my workloads?"
NOTE = "the team shall not hear of it yet"


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server notes what it was told to send."""
    path = tmp_path_factory.mktemp("mcp") / "sent.txt"
    path.touch()
    return path


@pytest.fixture(scope="module")
async def allowing(environ: Mapping[str, str], sent: Path) -> AsyncGenerator[Mapping[str, str]]:
    async with served(sent) as origin:
        yield {**environ, "MCP_PRIVATE_ORIGINS": origin}


@pytest.fixture(scope="module")
async def door(allowing: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    async with door_opened(allowing, tmp_path_factory.mktemp("web")) as opened_door:
        yield opened_door


async def owner(door: Door, allowing: Mapping[str, str], database: Pool) -> Person:
    """Somebody with usage data, and with a server whose tool `send` asks first."""
    person = await door.person()
    body = {"name": "tickets", "url": f"{allowing['MCP_PRIVATE_ORIGINS']}/mcp"}
    answer = await door.http.post("/api/mcp-servers", headers=person.headers, json=body)
    assert answer.status_code == 201, answer.text
    path = f"/api/mcp-servers/{answer.json()['servers'][0]['id']}/tools"
    answer = await door.http.put(path, headers=person.headers, json={"tools": {"send": "asks"}})
    assert answer.status_code == 200, answer.text
    tenant_id = await database.fetchval("select tenant_id from users where id = $1", UUID(person.user_id))
    async with opened(settings_of(allowing)) as usage:
        await usage.put(UUID(str(tenant_id)), generate(GenerationPlan(end=END, days=3, requests_per_day=50)).events)
    return person


def wanting(words: str) -> Any:
    """A model that wants these words sent, and is done once it has heard what became of that."""

    def answer(asked: dict[str, Any]) -> bytes:
        assert SPOKEN in {tool["function"]["name"] for tool in asked["tools"]}
        return text("done") if SPOKEN in said(asked) else tool_call(SPOKEN, {"text": words})

    return answer


def said(asked: Mapping[str, Any]) -> str:
    return json.dumps(asked["messages"])


def told(sent: Path, words: str) -> int:
    """How often the server was told so."""
    return sent.read_text(encoding="utf-8").splitlines().count(words)


async def until_asked(here: Scene, run_id: UUID) -> str:
    """The id of the call that waits."""
    events = await here.until(run_id, lambda events: events[-1].type == "approval_requested")
    asked = events[-1]
    assert asked.type == "approval_requested"
    assert (asked.agent, asked.data.tool) == ("actions", SEND)
    return asked.data.call_id


async def decided(door: Door, person: Person, address: str, *, approved: bool) -> int:
    body = {"approved": approved, "note": NOTE}
    return (await door.http.post(address, json=body, headers=person.headers)).status_code


def outcomes(events: list[Event]) -> list[tuple[str, str]]:
    return [(e.data.tool, e.data.status) for e in events if e.type == "tool_completed" and e.agent == "actions"]


@pytest.mark.parametrize("approved", [True, False])
async def test_the_server_is_told_once_what_its_owner_approves_and_never_what_is_refused(
    door: Door, allowing: Mapping[str, str], database: Pool, sent: Path, *, approved: bool
) -> None:
    words = f"costs are high, {uuid4().hex}"
    person, stranger = await owner(door, allowing, database), await door.person()
    async with scene(settings_of(allowing)) as here, endpoint(wanting(words)) as scripted:
        variables = {**allowing, **scripted.environ, "LLM_ROLES": "actions"}
        async with worker(variables, sent.parent):
            run_id = UUID((await door.post(person, ASK))["run_id"])
            address = f"/api/runs/{run_id}/approvals/{await until_asked(here, run_id)}"
            assert await decided(door, stranger, address, approved=True) == 404
            view = (await door.http.get(f"/api/runs/{run_id}", headers=person.headers)).json()
            assert view["waiting_until"]
            assert told(sent, words) == 0
            assert await decided(door, person, address, approved=approved) == 200
            assert await decided(door, person, address, approved=approved) == 200
            assert await decided(door, person, address, approved=not approved) == 409
            events = await here.finished(run_id)
    assert told(sent, words) == (1 if approved else 0)
    assert outcomes(events) == ([(SEND, "ok")] if approved else [])
    assert (NOTE in said(scripted.asked[-1])) is not approved
    assert ("never instructions" in said(scripted.asked[-1])) is approved
    assert events[-1].type == "agent_completed"
