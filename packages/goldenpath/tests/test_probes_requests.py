"""Journeys over HTTP against a real small server."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sample import MANIFEST

from goldenpath.loop.gate import judge_journeys
from goldenpath.manifest.journeys import Journey, Request
from goldenpath.manifest.parse import parse
from goldenpath.probes.journey import probe_journey
from goldenpath.probes.record import Recorder

Answers = dict[str, list[tuple[int, Any]]]
"""By method and path: the answers in turn, the last one again and again."""


@asynccontextmanager
async def server(answers: Answers, heard: list[tuple[str, str, str]]) -> AsyncGenerator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        size = next((int(h.split(":")[1]) for h in head.splitlines() if h.lower().startswith("content-length:")), 0)
        body = (await reader.readexactly(size)).decode()
        named = " ".join(head.split()[:2])
        heard.append((named, head, body))
        turns = answers.get(named, [(404, {"error": "no such door"})])
        status, said = turns.pop(0) if len(turns) > 1 else turns[0]
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(data)}\r\nconnection: close\r\n\r\n".encode() + data)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()


async def walked(
    steps: tuple[Request, ...], answers: Answers
) -> tuple[dict[str, Any], str, list[tuple[str, str, str]]]:
    """What was observed, the gate's verdict, and what the server heard."""
    system = parse(MANIFEST)
    journey = Journey(title="t", value="v", owner="o", needs=(), requests=steps)
    system = system.model_copy(update={"journeys": {"order": journey}})
    heard: list[tuple[str, str, str]] = []
    async with server(answers, heard) as door:
        seen = await probe_journey(Recorder("o"), system, "order", door, revision="r1")
    (finding,) = judge_journeys(system, seen)
    return {o.name: o.value for o in seen}, finding.verdict, heard


ORDER = Request(method="POST", path="/orders", body={"item": "box {nonce}"}, status=202, keep={"order": "made.id"})
LOOK = Request(path="/orders/{order}", headers={"X-Order": "{order}"}, expect={"state": "packed"}, within_s=5)
MADE = [(202, {"made": {"id": "o-7"}})]


async def test_steps_use_what_earlier_answers_gave_and_wait_for_what_takes_time() -> None:
    looks: list[tuple[int, Any]] = [(503, {}), (200, {"state": "new"}), (200, {"state": "packed"})]
    seen, verdict, heard = await walked((ORDER, LOOK), {"POST /orders": list(MADE), "GET /orders/o-7": looks})
    assert seen["requests.done"]["done"] == 2
    assert verdict == "pass"
    assert len(heard) == 4
    assert "box gp-" in heard[0][2]
    assert "x-order: o-7" in heard[1][1].lower()


async def test_an_answer_that_never_becomes_right_is_named_with_its_component() -> None:
    step = LOOK.model_copy(update={"within_s": 0.3})
    looks: list[tuple[int, Any]] = [(503, {"error": "orders cannot be read", "component": "db"})]
    seen, verdict, _ = await walked((ORDER, step), {"POST /orders": list(MADE), "GET /orders/o-7": looks})
    unmet = seen["request.unmet"]
    assert (unmet["request"], unmet["status"], unmet["component"]) == ("GET /orders/{order}", 503, "db")
    assert "orders cannot be read" in unmet["message"]
    assert unmet["waited_s"] >= 0.3
    assert verdict == "fail"


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (Request(path="/page", contains="Welcome"), "does not contain 'Welcome'"),
        (Request(path="/page", expect={"a.b": 1}), "a.b is null, not 1"),
        (Request(path="/page", keep={"x": "id"}), "the answer has no id"),
        (Request(path="/{who}"), "unknown placeholder {who}"),
        (Request(path="/nowhere"), "HTTP 404 instead of 200: no such door"),
    ],
)
async def test_what_is_wrong_with_an_answer_is_said(step: Request, says: str) -> None:
    seen, verdict, _ = await walked((step,), {"GET /page": [(200, b"<p>Hello</p>")]})
    assert says in seen["request.unmet"]["message"]
    assert verdict == "fail"
    assert "requests.done" not in seen


async def test_a_door_that_nobody_opens_is_an_error_by_its_name() -> None:
    system = parse(MANIFEST)
    journey = Journey(title="t", value="v", owner="o", needs=(), requests=(Request(path="/"),))
    system = system.model_copy(update={"journeys": {"order": journey}})
    async with server({}, []) as door:
        pass
    seen = await probe_journey(Recorder("o"), system, "order", door)
    unmet = next(o.value for o in seen if o.name == "request.unmet")
    assert isinstance(unmet, dict)
    assert unmet["error"] == "ECONNREFUSED"
