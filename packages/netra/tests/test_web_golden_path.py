"""The golden path through the real doors: log in, ask, watch every step, and find it all after a reload."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import pytest
from netra_doors import Door, heard, said, until, written

from netra.events.laws import breaches
from netra.events.union import EVENTS

GOLDEN = {"agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"}
NETRA = str(Path(sys.executable).parent / "netra")


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], **environ}


@pytest.fixture(scope="module")
async def worker_log(environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Path]:
    """A real `netra worker` on migrated databases, ready; answers where it logs."""
    migrate = await asyncio.create_subprocess_exec(NETRA, "migrate", env=_variables(environ))
    assert await migrate.wait() == 0
    log = tmp_path_factory.mktemp("worker") / "worker.log"
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(NETRA, "worker", env=_variables(environ), stderr=stderr)
    try:
        await until(lambda: '"event":"ready"' in written(log))
        yield log
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)


@pytest.mark.usefixtures("worker_log")
async def test_a_question_is_answered_while_the_person_watches(door: Door) -> None:
    person = await door.person()
    async with door.socket(person) as socket:
        await said(socket, type="user_message", content="What did my models cost last week?", client_message_id="c-1")
        accepted = await heard(socket)
        assert (accepted["type"], accepted["client_message_id"]) == ("message_accepted", "c-1")
        frames = [await heard(socket)]
        while not (frames[-1]["data"].get("final") or frames[-1]["type"] in {"agent_failed", "run_cancelled"}):
            frames.append(await heard(socket, 30))
    events = [EVENTS.validate_python(frame) for frame in frames]
    assert breaches(events, finished=True) == ()
    assert {f["type"] for f in frames} >= GOLDEN
    answer = frames[-1]["data"]["answer"]
    assert answer
    assert "".join(f["data"]["text"] for f in frames if f["type"] == "answer_delta") == answer
    path = f"/api/threads/{accepted['thread_id']}/messages"
    entries = (await door.http.get(path, headers=person.headers)).json()["messages"]
    assert [(m["role"], m["run_id"]) for m in entries] == [(r, accepted["run_id"]) for r in ("user", "assistant")]
    assert entries[1]["content"] == answer
    run = (await door.http.get(f"/api/runs/{accepted['run_id']}", headers=person.headers)).json()
    assert (run["status"], run["last_seq"]) == ("completed", len(frames))
    document = (await door.http.get("/api/health")).json()
    assert document["dependencies"]["worker"]["status"] == "ok"
    assert document["status"] == "healthy"
