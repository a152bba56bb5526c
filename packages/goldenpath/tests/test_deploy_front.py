"""The front door alone: forwarding, switching and draining, with real sockets."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest
from servers import free_port

from goldenpath.deploy.local.front import Backend, Front


class Revision:
    """A server that answers each line-ended request with its name; `/ws` is upgraded, `/part` answered in two parts."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rest = asyncio.Event()
        self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            self.requests += 1
            if head.startswith("GET /ws"):
                writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
                await self._echo(reader, writer)
                break
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self.name))
            if head.startswith("GET /part"):
                await self.rest.wait()
            writer.write(self.name.encode())
            await writer.drain()
        writer.close()

    async def _echo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(self.name.encode() + b":" + data)
            await writer.drain()


class Caller:
    """A client with one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, path: str = "/") -> str:
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        await _head(self.reader)
        return await self.body()

    async def body(self) -> str:
        return (await asyncio.wait_for(self.reader.readexactly(2), 5)).decode()


async def _head(reader: asyncio.StreamReader) -> str:
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return ""


@asynccontextmanager
async def backend(name: str) -> AsyncGenerator[tuple[Revision, Backend]]:
    revision = Revision(name)
    server = await asyncio.start_server(revision.serve, "127.0.0.1", 0)
    port = int(server.sockets[0].getsockname()[1])
    try:
        yield revision, Backend(revision=name, host="127.0.0.1", port=port)
    finally:
        server.close()


@asynccontextmanager
async def caller(front: Front) -> AsyncGenerator[Caller]:
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
    try:
        yield Caller(reader, writer)
    finally:
        writer.close()


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    made = Front()
    try:
        yield made
    finally:
        await made.close()


async def test_new_connections_and_new_requests_go_to_the_new_revision(front: Front) -> None:
    async with backend("r1") as (_, one), backend("r2") as (_, two):
        await front.lead(free_port(), one)
        async with caller(front) as kept:
            assert await kept.ask() == "r1"
            await front.lead(front.port, two)
            async with caller(front) as fresh:
                assert await fresh.ask() == "r2"
            assert await kept.ask() == "r2"
            assert await kept.ask() == "r2"
            await asyncio.wait_for(front.drained("r1", 5), 1)


async def test_an_answer_that_is_on_its_way_is_finished_by_the_revision_that_began_it(front: Front) -> None:
    async with backend("r1") as (old, one), backend("r2") as (_, two):
        await front.lead(free_port(), one)
        async with caller(front) as slow:
            slow.writer.write(b"GET /part HTTP/1.1\r\n\r\n")
            await _head(slow.reader)
            await front.lead(front.port, two)
            drained = asyncio.create_task(front.drained("r1", 30))
            old.rest.set()
            assert await slow.body() == "r1"
            assert await slow.ask() == "r2"
            await asyncio.wait_for(drained, 5)


async def test_an_upgraded_connection_stays_until_its_drain_time_is_over(front: Front) -> None:
    async with backend("r1") as (_, one), backend("r2") as (_, two):
        await front.lead(free_port(), one)
        async with caller(front) as socket:
            socket.writer.write(b"GET /ws HTTP/1.1\r\n\r\n")
            await _head(socket.reader)
            await front.lead(front.port, two)
            # Words that look like a request are the socket's own.
            socket.writer.write(b"GET / HTTP/1.1\r\n")
            assert await socket.reader.readline() == b"r1:GET / HTTP/1.1\r\n"
            await front.drained("r1", 0.1)
            assert any(client.uses("r1") for client in front.clients)


async def test_a_body_that_comes_in_parts_stays_with_its_request(front: Front) -> None:
    async with backend("r1") as (old, one), backend("r2") as (new, two):
        await front.lead(free_port(), one)
        async with caller(front) as kept:
            kept.writer.write(b"GET / HT")
            await asyncio.sleep(0)
            await front.lead(front.port, two)
            kept.writer.write(b"TP/1.1\r\n\r\n")
            await _head(kept.reader)
            assert await kept.body() in {"r1", "r2"}
            assert old.requests + new.requests == 1


async def test_megabytes_pass_both_ways_unchanged_with_a_slow_reader(front: Front) -> None:
    async with backend("r1") as (_, one):
        await front.lead(free_port(), one)
        async with caller(front) as socket:
            socket.writer.write(b"GET /ws HTTP/1.1\r\n\r\n")
            await _head(socket.reader)
            sent = bytes(range(256)) * 16384

            async def send() -> None:
                for start in range(0, len(sent), 65536):
                    socket.writer.write(sent[start : start + 65536])
                    await socket.writer.drain()

            sending = asyncio.create_task(send())
            received = b""
            while len(received.replace(b"r1:", b"")) < len(sent):
                received += await asyncio.wait_for(socket.reader.read(100_000), 10)
            await sending
            assert received.replace(b"r1:", b"") == sent


async def test_a_client_that_has_said_its_last_word_still_gets_its_answer(front: Front) -> None:
    async with backend("r1") as (_, one):
        await front.lead(free_port(), one)
        async with caller(front) as short:
            short.writer.write(b"GET / HTTP/1.1\r\n\r\n")
            short.writer.write_eof()
            assert (await asyncio.wait_for(short.reader.read(), 5)).endswith(b"r1")


async def test_a_dead_revision_is_a_closed_connection(front: Front) -> None:
    async with caller_of_dead(front) as dead:
        dead.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(dead.reader.readexactly(1), 5)


@asynccontextmanager
async def caller_of_dead(front: Front) -> AsyncGenerator[Caller]:
    await front.lead(free_port(), Backend(revision="r1", host="127.0.0.1", port=free_port()))
    async with caller(front) as dead:
        yield dead
