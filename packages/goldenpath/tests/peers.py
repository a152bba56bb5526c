"""Small real TCP and HTTP peers that misbehave on purpose, each on a port of its own."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Answer = Callable[[str, str, dict[str, str], bytes], tuple[int, str]]
"""(method, path, headers, body) to (status, JSON text)."""


@asynccontextmanager
async def peer(talk: Talk, secured: ssl.SSLContext | None = None) -> AsyncGenerator[int]:
    """Serve connections with `talk`, over TLS if so; gives the port."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=secured)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept and never say anything, as a stopped process does."""
    del writer
    while await reader.read(1024):
        pass


async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read a little and close without a word."""
    await reader.read(8)
    writer.close()


async def babbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer everything with what no protocol knows."""
    while await reader.read(1024):
        writer.write(b"\x00\xffwhat?\r\n")


def relay(port: int, delay_s: float) -> Talk:
    """Pass everything on to a real server, its first answer late."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
        forward = asyncio.ensure_future(_pump(reader, up_writer))
        try:
            first = await up_reader.read(65536)
            await asyncio.sleep(delay_s)
            writer.write(first)
            await _pump(up_reader, writer)
        finally:
            forward.cancel()
            up_writer.transport.abort()

    return talk


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


def http(answer: Answer, sockets: int = 0) -> Talk:
    """An HTTP/1.1 server whose answers a function decides; WebSocket upgrades go to the port `sockets`."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            raw = await reader.readuntil(b"\r\n\r\n")
            head = raw.decode().split("\r\n")
            method, path, _ = head[0].split(" ", 2)
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
            if sockets and headers.get("upgrade", "").lower() == "websocket":
                await _upgrade(raw, reader, writer, sockets)
                return
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            status, text = answer(method, path, headers, body)
            lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(text.encode())}"]
            writer.write(("\r\n".join([*lines, "", ""]) + text).encode())
            await writer.drain()

    return talk


async def _upgrade(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
    up_writer.write(head)
    forward = asyncio.ensure_future(_pump(reader, up_writer))
    try:
        await _pump(up_reader, writer)
    finally:
        forward.cancel()
        up_writer.transport.abort()
