"""What a door hears while a revision is watched, and what is made of its answers; against a real small server."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from sample import MANIFEST

from goldenpath.manifest.parse import parse
from goldenpath.probes.record import Recorder
from goldenpath.probes.traffic import Samples, Way, paths_of, send

SYSTEM = parse(MANIFEST)
RATE, SECONDS = 100.0, 0.4


@asynccontextmanager
async def door(status: int, connections: list[int]) -> AsyncGenerator[str]:
    """A server that would keep its connections, and notes how many requests came over each."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = len(connections)
        connections.append(0)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                connections[mine] += 1
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\n".encode())
                await writer.drain()
                writer.write(b"{}")
        except asyncio.IncompleteReadError:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()


async def sent(status: int, connections: list[int], *, failures: int = 0) -> tuple[Samples, bool]:
    """What the requests showed, and whether they were stopped before their time."""
    stop = asyncio.Event()
    async with door(status, connections) as url:
        way = Way(url=url, rate=RATE, seconds=SECONDS, failures=failures)
        return await send(Recorder("o"), SYSTEM, way, stop), stop.is_set()


async def test_each_request_has_a_connection_of_its_own_so_that_none_waits_for_what_another_left() -> None:
    connections: list[int] = []
    samples, stopped = await sent(200, connections)
    assert not stopped
    assert Counter(connections) == {1: RATE * SECONDS}
    assert Counter(s.path for s in samples.requests) == dict.fromkeys(paths_of(SYSTEM), RATE * SECONDS / 2)
    assert {s.error for s in samples.requests} == {""}


@pytest.mark.parametrize("failures", [0, 3])
async def test_more_failures_than_allowed_end_the_traffic_early(failures: int) -> None:
    samples, stopped = await sent(500, [], failures=failures)
    assert stopped
    assert failures < len(samples.requests) < RATE * SECONDS
    assert {s.error for s in samples.requests} == {"HTTP 500"}


async def test_who_is_told_to_come_later_has_neither_been_served_nor_failed() -> None:
    samples, stopped = await sent(429, [])
    assert (samples.requests, stopped) == ((), False)
