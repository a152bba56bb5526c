"""The way of people against the own door, through a real hop that behaves as a proxy would."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from observing import values
from peers import http, peer
from pydantic import JsonValue
from sample import system
from websockets.asyncio.server import ServerConnection, serve

from goldenpath.diagnosis.engine import diagnose
from goldenpath.drills.hop import Hop
from goldenpath.drills.hop_modes import Cut, HopMode, Pass, Refuse, Strip
from goldenpath.facts import Observation
from goldenpath.loop.public import judge_public
from goldenpath.manifest.model import System
from goldenpath.probes.public import Ways, probe_public
from goldenpath.probes.record import Recorder

IDLE_S = 1.0


def declared() -> System:
    found = system()
    doors = found.doors.model_copy(update={"public": "PUBLIC_URL", "idle_s": IDLE_S})
    return found.model_copy(update={"doors": doors})


@asynccontextmanager
async def shop() -> AsyncGenerator[int]:
    """A shop that is well: pages, a log-in, and sockets that stay open."""

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        del method, headers, body
        if path == "/ws":
            return 426, "a socket is opened by a hand-shake"
        return 200, json.dumps({"token": "t"})

    async def wait(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with serve(wait, "127.0.0.1", 0) as sockets, peer(http(answer, sockets.sockets[0].getsockname()[1])) as port:
        yield port


async def look(mode: HopMode) -> tuple[Observation, ...]:
    async with shop() as port, Hop("127.0.0.1", port, mode) as hop:
        ways = Ways(public=f"http://127.0.0.1:{hop.port}", own=f"http://127.0.0.1:{port}")
        return await probe_public(Recorder("p"), declared(), ways, revision="r1")


def verdicts(seen: tuple[Observation, ...]) -> dict[str, str]:
    return {next(o.name for o in seen if o.id in f.observations): f.verdict for f in judge_public(seen)}


def causes(seen: tuple[Observation, ...]) -> list[str]:
    return [cause.id for cause in diagnose(declared(), seen).causes]


async def test_what_passes_everything_differs_in_nothing() -> None:
    seen = await look(Pass())
    found: dict[str, JsonValue] = values(seen)
    assert found["public.page"] == {"status": 200, "error": "", "own_status": 200}
    assert found["public.idle"] == {"must_s": IDLE_S, "held_s": IDLE_S, "own_held_s": IDLE_S}
    assert verdicts(seen) == {"public.page": "pass", "public.socket": "pass", "public.idle": "pass"}
    assert causes(seen) == []


@pytest.mark.parametrize(
    ("mode", "differs", "cause"),
    [
        (Strip(headers=("Upgrade",)), "public.socket", "upgrade_stripped"),
        (Cut(after_s=0.3), "public.idle", "idle_socket_cut"),
        (Refuse(), "public.page", "public_way_broken"),
    ],
    ids=["strip", "cut", "refuse"],
)
async def test_what_differs_is_named_and_nothing_else(mode: HopMode, differs: str, cause: str) -> None:
    seen = await look(mode)
    assert verdicts(seen)[differs] == "fail"
    assert causes(seen) == [cause]


async def test_a_door_that_is_closed_itself_says_nothing_of_the_way() -> None:
    async with Hop("127.0.0.1", 9, Refuse()) as hop:
        own = f"http://127.0.0.1:{hop.port}"
        seen = await probe_public(Recorder("p"), declared(), Ways(public=own, own=own), revision="r1")
    assert seen == ()
