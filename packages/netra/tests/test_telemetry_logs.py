"""The log as a schema: every line of both processes, libraries and defects included, and its correlation."""

import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from netra_doors import Door, heard, opened, said, until
from netra_runs import Script, WorkerProcess, worker
from websockets.asyncio.client import connect

from netra.settings.logs import ALWAYS, FIELDS

LEVELS = {"debug", "info", "warning", "error", "critical"}
WITHIN_A_RUN = {"request_id", "user_id", "thread_id", "run_id", "trace_id"}
CLIENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture(scope="module")
async def spoken(
    environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[tuple[Door, WorkerProcess]]:
    folder = tmp_path_factory.mktemp("logs")
    told = {**environ, "LOG_LEVEL": "debug"}
    async with opened(told, folder) as door, worker(told, folder, Script(calls=1)) as hand:
        yield door, hand


def kept(lines: list[dict[str, Any]], component: str) -> None:
    """Every line keeps the schema."""
    always = {field.name for field in FIELDS if field.when == ALWAYS}
    for line in lines:
        assert always <= line.keys(), line
        assert datetime.fromisoformat(line["at"]).utcoffset() is not None
        assert line["level"] in LEVELS
        assert line["component"] == component
        assert isinstance(line["event"], str)
        if "ms" in line:
            assert line["ms"] >= 0


async def test_every_line_of_a_run_says_whose_it_is_in_both_processes(spoken: tuple[Door, WorkerProcess]) -> None:
    door, hand = spoken
    person = await door.person()
    thread = (await door.http.post("/api/threads", headers=person.headers)).json()["thread_id"]
    given = {**person.headers, "x-request-id": "q-of-this-test", "traceparent": CLIENT}
    answer = await door.http.post(
        f"/api/threads/{thread}/messages", headers=given, json={"content": "what did it cost?"}
    )
    run_id = answer.json()["run_id"]

    def ended() -> list[dict[str, Any]]:
        return [x for x in hand.lines() if x["event"] == "run" and x.get("run_id") == run_id]

    await until(lambda: bool(ended()))
    assert (ended()[0]["status"], ended()[0]["attempt"]) == ("completed", 1)
    asked = await door.logged("q-of-this-test")
    assert (asked["user_id"], asked["trace_id"]) == (person.user_id, CLIENT.split("-")[1])
    for line in (x for x in hand.lines() if x.get("run_id") == run_id):
        said_of = {name: line.get(name) for name in WITHIN_A_RUN}
        assert said_of == {
            "request_id": "q-of-this-test",
            "user_id": person.user_id,
            "thread_id": thread,
            "run_id": run_id,
            "trace_id": CLIENT.split("-")[1],
        }


async def test_a_socket_says_whose_trace_it_is_without_a_collector_too(spoken: tuple[Door, WorkerProcess]) -> None:
    door, hand = spoken
    given = {**(await door.person()).headers, "x-request-id": "q-77", "traceparent": CLIENT}
    async with connect(door.socket_address, additional_headers=given, compression=None) as socket:
        await heard(socket)
        await said(socket, type="user_message", content="what did it cost?")
        run_id = (await heard(socket))["run_id"]
        while not (await heard(socket))["data"].get("final"):
            pass
    shook = await door.logged("q-77", "handshake")
    assert shook["trace_id"] == CLIENT.split("-")[1]
    await until(lambda: any(x["event"] == "run" and x.get("run_id") == run_id for x in hand.lines()))
    ours = [line for line in hand.lines() if line.get("run_id") == run_id]
    assert {(x["request_id"], x["trace_id"]) for x in ours} == {("q-77", CLIENT.split("-")[1])}


async def test_every_line_keeps_the_schema_and_none_is_a_defect(spoken: tuple[Door, WorkerProcess]) -> None:
    door, hand = spoken
    async with door.socket(await door.person()) as socket:
        await said(socket, type="user_message", content="what did it cost?")
        while not (await heard(socket)).get("data", {}).get("final"):
            pass
        await socket.send(b"\x00\x01")
        assert (await heard(socket))["type"] == "error"
    await door.http.get("/api/health")
    texts = (door.log.read_text(), hand.log_text())
    for text, component in zip(texts, ("web", "worker"), strict=True):
        lines = [json.loads(line) for line in text.splitlines()]
        kept(lines, component)
        assert len({line["logger"].partition(".")[0] for line in lines}) > 1, "the control: libraries speak too"
        assert [line for line in lines if line["level"] in {"error", "critical"} or "traceback" in line] == []


DEFECTS = {
    "uncaught failure": "raise ValueError('of the main thread')",
    "uncaught failure in a thread": "t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()",
    "Task exception was never retrieved": "asyncio.run(left())",
    "failure that could not be raised": "x = Broken(); del x",
    "py.warnings": "warnings.warn('a warning', stacklevel=1)",
}
PROGRAM = """
import asyncio, gc, threading, warnings
from netra.settings import logs
class Broken:
    def __del__(self): raise RuntimeError('in a finaliser')
async def fails(): raise RuntimeError('of a task')
async def left():
    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
logs.configure("info", "worker")
"""


@pytest.mark.parametrize("what", DEFECTS)
def test_what_nobody_caught_is_a_line_too(what: str, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "always", "-c", PROGRAM + DEFECTS[what]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    kept(lines, "worker")
    assert what in {lines[0]["event"], lines[0]["logger"]} or lines[0]["event"].startswith(what)
    assert done.stdout == ""
