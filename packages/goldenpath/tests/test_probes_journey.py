"""A synthetic person against small real servers, lawful and not."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from observing import values
from peers import closing, http, peer, silent
from pydantic import JsonValue
from sample import system
from servers import free_port
from websockets.asyncio.server import ServerConnection, serve

from goldenpath.facts import Observation
from goldenpath.probes.journey import probe_journey
from goldenpath.probes.record import Recorder

TOKEN = "the-token-of-this-person"
Talk = Callable[[ServerConnection], Awaitable[None]]
Frame = dict[str, Any]


@asynccontextmanager
async def shop(talk: Talk, *, status: int = 200, upgrade: int = 101) -> AsyncGenerator[str]:
    """A shop whose login answers with this status, and whose socket talks so."""

    def login(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        if path == "/ws":
            return upgrade, "no sockets here"
        asked = json.loads(body)
        assert (method, path, headers["content-type"]) == ("POST", "/login", "application/json")
        assert set(asked) == {"name", "password"}
        assert len(asked["password"]) >= 32
        return status, json.dumps({"token": TOKEN} if status == 200 else {"error": f"not {asked['password']}"})

    async def check(connection: ServerConnection) -> None:
        assert connection.request is not None
        assert connection.request.headers["Authorization"] == f"Bearer {TOKEN}"
        await talk(connection)

    async with serve(check, "127.0.0.1", 0) as sockets:
        inner = sockets.sockets[0].getsockname()[1] if upgrade == 101 else 0
        async with peer(http(login, int(inner))) as port:
            yield f"http://127.0.0.1:{port}"


def event(seq: int, kind: str, agent: str = "a", **data: Any) -> Frame:
    return {"type": kind, "seq": seq, "run_id": "r1", "agent": agent, "data": data}


LAWFUL = [
    event(1, "run_queued", "run"),
    event(2, "agent_started"),
    event(3, "tool_executing", call_id="c1"),
    event(4, "tool_completed", call_id="c1"),
    event(5, "agent_completed", final=True),
]


def says(*frames: Frame, ready: str = "ready", hang_up: bool = False) -> Talk:
    """Greet, hear the question, say these frames and wait."""

    async def talk(connection: ServerConnection) -> None:
        await connection.send(json.dumps({"type": ready}))
        asked = json.loads(await connection.recv())
        assert asked["type"] == "ask"
        assert "(gp-" in asked["content"]
        for frame in frames:
            await connection.send(json.dumps(frame))
        if not hang_up:
            await connection.wait_closed()

    return talk


async def walk(base_url: str) -> tuple[Observation, ...]:
    return await probe_journey(Recorder(), system(), "buy", base_url, revision="r1")


async def seen_in(talk: Talk) -> dict[str, JsonValue]:
    async with shop(talk) as base_url:
        return values(await walk(base_url))


async def test_a_lawful_run() -> None:
    found = await seen_in(says({"type": "accepted", "run_id": "r1"}, *LAWFUL))
    assert (found["login.status"], found["socket.status"], found["socket.ready"]) == (200, 101, True)
    assert (found["run.accepted"], found["run.id"]) == (True, "r1")
    assert found["run.types"] == [frame["type"] for frame in LAWFUL]
    assert found["run.terminal"] == {"type": "agent_completed", "reason": "", "component": "", "message": ""}
    assert (found["run.breaches"], found["run.missing"]) == ([], [])
    assert {"socket.ms", "run.first_event_ms", "run.seconds"} <= set(found)


async def test_every_observation_names_journey_and_revision_and_no_secret() -> None:
    async with shop(says(*LAWFUL)) as base_url:
        seen = await walk(base_url)
    assert {(o.subject, o.revision, o.probe) for o in seen} == {("journey:buy", "r1", "journey")}
    assert TOKEN not in "".join(o.model_dump_json() for o in seen)


async def test_a_failed_run_gives_its_reason() -> None:
    failed = event(3, "agent_failed", reason="llm_auth", component="llm", message="the key is refused")
    found = await seen_in(says(*LAWFUL[:2], failed))
    expected = {"type": "agent_failed", "reason": "llm_auth", "component": "llm", "message": "the key is refused"}
    assert found["run.terminal"] == expected
    assert found["run.missing"] == ["tool_executing", "tool_completed", "agent_completed"]


async def test_a_refusal_outside_the_log_gives_its_code() -> None:
    found = await seen_in(says({"type": "error", "code": "db_down", "where": "postgres", "message": "no rows"}))
    expected = {"type": "error", "reason": "db_down", "component": "postgres", "message": "no rows"}
    assert found["run.terminal"] == expected
    assert found["run.accepted"] is False


async def test_silence_after_the_question_is_no_end() -> None:
    found = await seen_in(says(*LAWFUL[:3]))
    assert found["run.terminal"] is None
    assert found["run.accepted"] is True
    assert found["run.breaches"] == []
    assert "run.seconds" not in found


async def test_a_connection_that_ends_is_no_end_of_the_run() -> None:
    async with shop(says(*LAWFUL[:2], hang_up=True)) as base_url:
        seen = await walk(base_url)
    (terminal,) = [o for o in seen if o.name == "run.terminal"]
    assert terminal.value is None
    assert terminal.text.startswith("closed: ")


async def test_a_frame_after_the_end_is_a_breach() -> None:
    found = await seen_in(says(*LAWFUL, event(6, "answer_delta")))
    assert found["run.breaches"] == [{"law": "one_terminal", "message": "frames [5] of 6 end the run"}]


async def test_frames_of_another_run_do_not_count() -> None:
    strange = {**event(9, "agent_failed"), "run_id": "r2"}
    found = await seen_in(says(LAWFUL[0], strange, *LAWFUL[1:]))
    assert found["run.breaches"] == []
    assert isinstance(found["run.terminal"], dict)
    assert found["run.terminal"]["type"] == "agent_completed"


async def test_what_is_no_json_is_kept_as_evidence() -> None:
    async def talk(connection: ServerConnection) -> None:
        await connection.send("hello")
        await connection.wait_closed()

    async with shop(talk) as base_url:
        seen = await walk(base_url)
    found = values(seen)
    assert found["socket.ready"] is False
    assert "run.terminal" not in found
    assert any("hello" in o.text for o in seen)


async def test_a_login_that_is_refused_ends_the_way() -> None:
    async with shop(says(), status=403) as base_url:
        seen = await walk(base_url)
    assert values(seen) == {"login.status": 403}
    assert "•••" in seen[0].text


@pytest.mark.parametrize("status", [401, 403, 404, 426, 502])
async def test_a_socket_that_is_refused_has_a_status(status: int) -> None:
    async with shop(says(), upgrade=status) as base_url:
        found = values(await walk(base_url))
    assert found == {"login.status": 200, "socket.status": status}


async def test_a_door_that_is_shut() -> None:
    found = values(await walk(f"http://127.0.0.1:{free_port()}"))
    assert found == {"login.error": "ECONNREFUSED"}


async def test_a_door_that_hangs_up() -> None:
    async with peer(closing) as port:
        found = values(await walk(f"http://127.0.0.1:{port}"))
    assert found == {"login.error": "closed"}


async def test_a_silent_socket_times_out() -> None:

    async def talk(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with shop(talk) as base_url:
        found = values(await walk(base_url))
    assert found["socket.ready"] is False


async def test_a_silent_door_times_out() -> None:
    async with peer(silent) as port:
        found = values(await asyncio.wait_for(walk(f"http://127.0.0.1:{port}"), 5))
    assert found == {"login.error": "timeout"}
