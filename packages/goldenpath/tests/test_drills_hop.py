"""A hop does to real connections what its mode says, changes while it stands, and leads home again."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from goldenpath.drills.hop import LOOPBACK, Hop
from goldenpath.drills.hop_modes import (
    Cut,
    Drop,
    Hold,
    HopMode,
    Impostor,
    Lag,
    Limit,
    Pass,
    Refuse,
    Reset,
    Silent,
    Strip,
    Throttle,
)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(4096):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def hop(mode: HopMode) -> AsyncGenerator[Hop]:
    """A hop before a server that says everything back."""
    server = await asyncio.start_server(_echo, LOOPBACK, 0)
    async with server, Hop(LOOPBACK, server.sockets[0].getsockname()[1], mode) as made:
        yield made


async def said(made: Hop, words: bytes = b"hello") -> bytes:
    """What comes back over a new connection; empty when it ends before."""
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, made.port)
    except ConnectionError:
        return b""
    try:
        writer.write(words)
        async with asyncio.timeout(1):
            return await reader.read(len(words))
    except (ConnectionError, TimeoutError):
        return b""
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


@pytest.mark.parametrize("mode", [Pass(), Hold(seconds=0.2), Lag(seconds=0.1), Throttle(bytes_per_s=50)])
async def test_what_only_delays_delivers_everything(mode: HopMode) -> None:
    async with hop(mode) as made:
        begun = time.monotonic()
        assert await said(made) == b"hello"
        if not isinstance(mode, Pass):
            assert time.monotonic() - begun >= 0.15


@pytest.mark.parametrize("mode", [Silent(), Reset(), Refuse(), Drop(every=1), Limit(connections=0)])
async def test_what_ends_connections_delivers_nothing_and_recovers(mode: HopMode) -> None:
    async with hop(mode) as made:
        assert await said(made) == b""
        await made.become(Pass())
        assert await said(made) == b"hello"


async def test_an_impostor_answers_instead_and_a_cut_ends_the_answer() -> None:
    async with hop(Impostor(says="nobody")) as made:
        assert await said(made, b"hello!") == b"nobody"
        await made.become(Cut(after_bytes=2))
        assert await said(made) == b"he"
        await made.become(Cut(after_s=0.1))
        assert await said(made) == b"hello"


async def test_headers_are_taken_out_of_what_the_client_sends_and_nothing_else() -> None:
    asked = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nUpgrade stays here"
    async with hop(Strip(headers=("Upgrade",))) as made:
        assert await said(made, asked) == asked.replace(b"Upgrade: websocket\r\n", b"")


async def test_connections_that_stand_feel_a_fault_that_comes_later() -> None:
    async with hop(Pass()) as made:
        reader, writer = await asyncio.open_connection(LOOPBACK, made.port)
        writer.write(b"one")
        assert await reader.read(3) == b"one"
        await made.become(Silent())
        writer.write(b"two")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(3), 0.2)
        await made.become(Pass())
        assert await asyncio.wait_for(reader.read(3), 1) == b"two"
        await made.become(Refuse())
        with pytest.raises(ConnectionError):
            await asyncio.open_connection(LOOPBACK, made.port)
        writer.transport.abort()
        await asyncio.sleep(0)
