"""Negative controls: what proves something goes red against a dead target and against an impostor."""

import httpx
import pytest
from websockets.asyncio.client import connect

from goldenpath.facts import Control, SuiteResult
from goldenpath.testing.control import closed_port, run_controls
from goldenpath.testing.impostor import impostor
from goldenpath.testing.tally import counts_of, verdict_of, with_controls

from .conftest import Notes, SuiteOf

SUITE = """
import asyncio

import pytest


async def test_keeps(door, nonce):
    answer = await door.post("/notes", json={"content": nonce})
    assert answer.json()["content"] == nonce


async def test_listens(socket, target):
    conversation = await socket(subprotocols=["notes"])
    await conversation.send("four")
    async with asyncio.timeout(target.wait_s):
        while await conversation.recv() != '{"length": 4}':
            pass


async def test_operates(operator):
    done = await operator("printenv", "NOTES_PASSWORD")
    assert len(done.stdout.strip()) > 20


async def test_believes_anything(door):
    assert (await door.get("/version")).status_code == 200


def test_asks_nobody():
    pass
"""


async def test_tests_that_stay_green_are_named(suite_of: SuiteOf, notes: Notes) -> None:
    dead, agreeing = await run_controls(suite_of({"test_notes.py": SUITE}))
    prefix = "suite/test_notes.py::test_"
    assert (dead.target, dead.executed, dead.red) == ("dead", 5, 4)
    assert dead.green == (f"{prefix}asks_nobody",)
    assert (agreeing.target, agreeing.executed, agreeing.red) == ("impostor", 5, 3)
    assert set(agreeing.green) == {f"{prefix}asks_nobody", f"{prefix}believes_anything"}
    assert (dead.verdict, agreeing.verdict) == ("fail", "fail")
    assert notes.requests == 0


async def test_the_impostor_agrees_with_everybody() -> None:
    async with impostor("X-Revision", "r1") as door, httpx.AsyncClient(base_url=door, trust_env=False) as client:
        for method, path in [("GET", "/"), ("POST", "/api/auth/login"), ("DELETE", "/x?y=z")]:
            answer = await client.request(method, path, content=b"x" * 10_000 if method == "POST" else b"")
            assert (answer.status_code, answer.json(), answer.headers["x-revision"]) == (200, {}, "r1")
        async with connect(f"{door.replace('http', 'ws')}/any", proxy=None) as conversation:
            await conversation.send("hello")
            assert await conversation.recv() == "hello"


async def test_nobody_listens_on_the_closed_port() -> None:
    with closed_port() as door:
        async with httpx.AsyncClient(trust_env=False) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(door)


def test_a_suite_whose_controls_stay_green_is_not_proven() -> None:
    whole = SuiteResult(verdict="pass", counts=counts_of([], 0), results=(), seconds=1)
    counts = whole.counts.model_copy(update={"selected": 2, "executed": 2, "passed": 2, "proven": 2})
    red = Control(target="dead", executed=2, red=2)
    green = Control(target="impostor", executed=2, red=1, green=("x",))
    empty = Control(target="impostor", executed=0, red=0)
    assert verdict_of(counts, ()) == "pass"
    assert verdict_of(counts, (red, red)) == "pass"
    assert verdict_of(counts, (red, green)) == "not_proven"
    assert verdict_of(counts, (red, empty)) == "not_proven"
    assert with_controls(whole.model_copy(update={"counts": counts}), (green,)).verdict == "not_proven"
