"""A real small server that agrees with everybody and does nothing: no honest test may pass against it.

It answers 200 with `{}` to every HTTP request, in the name of the deployed revision, and accepts every WebSocket, where
it says back what it hears.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

HEAD_BYTES = 64 * 1024
READ_BYTES = 64 * 1024
GONE = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
END = b"\r\n\r\n"


@asynccontextmanager
async def impostor(revision_header: str, revision: str) -> AsyncGenerator[str]:
    """Serve on a free loopback port; gives the base URL."""
    named = {revision_header: revision} if revision_header else {}

    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _serve(reader, writer, named)
        except GONE:
            pass
        finally:
            writer.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        serving.add(task)
        task.add_done_callback(serving.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=HEAD_BYTES)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, named: dict[str, str]) -> None:
    while True:
        head = await reader.readuntil(END)
        headers = _headers(head)
        if headers.get("upgrade", "").lower() == "websocket":
            await _echo(head, reader, writer, named)
            return
        await reader.readexactly(int(headers.get("content-length", "0")))
        writer.write(_agreement(named))
        await writer.drain()


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {name.strip().lower(): value.strip() for name, value in pairs}


def _agreement(named: dict[str, str]) -> bytes:
    headers = {"content-type": "application/json", "content-length": "2", **named}
    return "HTTP/1.1 200 OK\r\n{}\r\n\r\n{{}}".format("\r\n".join(f"{k}: {v}" for k, v in headers.items())).encode()


async def _echo(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, named: dict[str, str]) -> None:
    protocol = ServerProtocol(select_subprotocol=_first)
    data = head
    while data:
        protocol.receive_data(data)
        for event in protocol.events_received():
            _react(protocol, event, named)
        for sent in protocol.data_to_send():
            writer.write(sent)
        await writer.drain()
        data = b"" if protocol.close_expected() else await reader.read(READ_BYTES)


def _react(protocol: ServerProtocol, event: Request | Frame | object, named: dict[str, str]) -> None:
    match event:
        case Request():
            response = protocol.accept(event)
            response.headers.update(named)
            protocol.send_response(response)
        case Frame(opcode=Opcode.TEXT):
            protocol.send_text(bytes(event.data))
        case _:
            return


def _first(protocol: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    del protocol
    return next(iter(offered), None)
