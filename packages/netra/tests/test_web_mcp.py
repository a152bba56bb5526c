"""A person brings a server over HTTP, allows a tool of it, and a model uses that in a run."""

import secrets
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from netra_doors import Door, Person
from netra_doors import opened as door_opened
from netra_mcp import served
from netra_models import endpoint, text, tool_call
from netra_runs import scene, settings_of, worker
from netra_usage import opened

from netra.analytics.generator import GenerationPlan, generate
from netra.auth.principal import Principal
from netra.events.union import ToolCompleted
from netra.stores.database import Pool

pytestmark = pytest.mark.slow
END = datetime(2026, 11, 20, tzinfo=UTC)
TOKEN = secrets.token_urlsafe(24)


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    async with served(tmp_path_factory.mktemp("mcp") / "sent.txt") as origin:
        yield origin


@pytest.fixture(scope="module")
async def closed(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    """A server that wants a token."""
    async with served(tmp_path_factory.mktemp("closed") / "sent.txt", TOKEN) as origin:
        yield origin


@pytest.fixture(scope="module")
def allowing(environ: Mapping[str, str], server: str, closed: str) -> Mapping[str, str]:
    return {**environ, "MCP_PRIVATE_ORIGINS": f"{server},{closed}"}


@pytest.fixture(scope="module")
async def door(allowing: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    async with door_opened(allowing, tmp_path_factory.mktemp("web")) as opened_door:
        yield opened_door


async def added(door: Door, person: Person, server: str, name: str = "tickets") -> dict[str, Any]:
    body = {"name": name, "url": f"{server}/mcp"}
    answer = await door.http.post("/api/mcp-servers", headers=person.headers, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["servers"][0]


async def test_a_server_is_added_allowed_used_and_removed(
    door: Door, server: str, allowing: Mapping[str, str], database: Pool, tmp_path: Path
) -> None:
    person = await door.person()
    kept = await added(door, person, server)
    assert {tool["name"]: (tool["says_reads"], tool["allowed"]) for tool in kept["tools"]} == {
        "lookup": (True, "no"),
        "flood": (True, "no"),
        "fail": (True, "no"),
        "send": (False, "no"),
    }
    path = f"/api/mcp-servers/{kept['id']}"
    answer = await door.http.put(f"{path}/tools", headers=person.headers, json={"tools": {"lookup": "reads"}})
    assert [t["name"] for t in answer.json()["servers"][0]["tools"] if t["allowed"] != "no"] == ["lookup"]
    assert await used(allowing, database, person, tmp_path) == {"tickets": ["cost-0", "cost-1", "cost-2"]}
    assert (await door.http.delete(path, headers=person.headers)).status_code == 204
    assert (await door.http.delete(path, headers=person.headers)).status_code == 404
    noted = await database.fetch("select type from audit_events where user_id = $1 order by id", person.user_id)
    assert [row["type"] for row in noted][-3:] == ["mcp_server_added", "mcp_tools_allowed", "mcp_server_removed"]


async def used(environ: Mapping[str, str], database: Pool, person: Person, folder: Path) -> object:
    """What the server's tool said in a run in which a model called it."""

    def choosing(asked: dict[str, Any]) -> bytes:
        assert "mcp__tickets__lookup" in {tool["function"]["name"] for tool in asked["tools"]}
        assert "mcp__tickets__send" not in str(asked["tools"])
        called = "never instructions" in str(asked["messages"])
        return text("done") if called else tool_call("mcp__tickets__lookup", {"term": "cost"})

    row = await database.fetchrow("select tenant_id from users where id = $1", person.user_id)
    assert row
    tenant_id = UUID(str(row["tenant_id"]))
    principal = Principal(user_id=UUID(person.user_id), tenant_id=tenant_id, email=person.email)
    async with opened(settings_of(environ)) as usage:
        await usage.put(tenant_id, generate(GenerationPlan(end=END, days=3, requests_per_day=50)).events)
    async with scene(settings_of(environ)) as made, endpoint(choosing) as scripted:
        here = replace(made, person=principal)
        async with worker({**environ, **scripted.environ, "LLM_ROLES": "data"}, folder):
            events = await here.finished((await here.ask("what did my workloads cost by model?")).run_id)
    done = next(event for event in events if isinstance(event, ToolCompleted) and event.data.tool.startswith("mcp."))
    asked = {event.data.tool: event.data.queries for event in events if isinstance(event, ToolCompleted)}
    assert [query.name for query in asked["data_profile"]] == ["profile"]
    assert all(query.parameters["tenant_id"] == str(tenant_id) for query in asked["data_profile"])
    assert (done.data.tool, done.data.status) == ("mcp.tickets.lookup", "ok")
    assert isinstance(done.data.result, dict)
    return done.data.result["data"]


def written(folder: Path) -> str:
    """What every file below holds."""
    return "".join(file.read_text(encoding="utf-8", errors="replace") for file in folder.rglob("*") if file.is_file())


async def test_a_servers_token_is_kept_sealed_and_never_shown(
    door: Door, closed: str, allowing: Mapping[str, str], database: Pool, tmp_path: Path
) -> None:
    person, other = await door.person(), await door.person()
    body = {"name": "tickets", "url": f"{closed}/mcp"}
    wants = await door.http.post("/api/mcp-servers", headers=person.headers, json=body)
    assert (wants.status_code, wants.json()["error"]["where"]) == (422, "token")
    answer = await door.http.post("/api/mcp-servers", headers=person.headers, json={**body, "token": TOKEN})
    assert answer.status_code == 201, answer.text
    (kept,) = answer.json()["servers"]
    assert kept["has_token"] is True
    path = f"/api/mcp-servers/{kept['id']}"
    await door.http.put(f"{path}/tools", headers=person.headers, json={"tools": {"lookup": "reads"}})
    assert await used(allowing, database, person, tmp_path) == {"tickets": ["cost-0", "cost-1", "cost-2"]}
    stored = await database.fetchval("select token from mcp_servers where id = $1", UUID(kept["id"]))
    noted = await database.fetch("select * from audit_events where user_id = $1", person.user_id)
    assert TOKEN not in "".join((str(stored), str(noted), answer.text, written(tmp_path)))
    refused = await door.http.put(f"{path}/token", headers=other.headers, json={"token": None})
    assert refused.status_code == 404
    odd = await door.http.put(f"{path}/token", headers=person.headers, json={"token": "two words"})
    assert (odd.status_code, "two words" in odd.text) == (422, False)
    gone = await door.http.put(f"{path}/token", headers=person.headers, json={"token": None})
    assert gone.status_code == 204
    (kept,) = (await door.http.get("/api/mcp-servers", headers=person.headers)).json()["servers"]
    assert kept["has_token"] is False


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "tickets", "url": "https://169.254.169.254/latest"}, 422),
        ({"name": "tickets", "url": "http://mcp.example.com/"}, 422),
        ({"name": "Tickets", "url": "https://mcp.example.com/"}, 422),
        ({"name": "mcp.x", "url": "https://mcp.example.com/"}, 422),
        ({"name": "tickets", "url": "https://no-such-host.invalid/mcp"}, 422),
    ],
)
async def test_other_addresses_are_refused(door: Door, body: dict[str, str], status: int) -> None:
    person = await door.person()
    answer = await door.http.post("/api/mcp-servers", headers=person.headers, json=body)
    assert answer.status_code == status, answer.text


async def test_another_tenants_servers_are_not_there(door: Door, server: str) -> None:
    owner, other = await door.person(), await door.person()
    kept = await added(door, owner, server)
    assert (await door.http.get("/api/mcp-servers", headers=other.headers)).json() == {"servers": []}
    path = f"/api/mcp-servers/{kept['id']}"
    assert (await door.http.delete(path, headers=other.headers)).status_code == 404
    assert (await door.http.put(f"{path}/tools", headers=other.headers, json={"tools": {}})).status_code == 404
    unknown = {"tools": {"drop": "reads"}}
    assert (await door.http.put(f"{path}/tools", headers=owner.headers, json=unknown)).status_code == 404
    gone = f"/api/mcp-servers/{uuid4()}/tools"
    assert (await door.http.put(gone, headers=owner.headers, json={"tools": {}})).status_code == 404
