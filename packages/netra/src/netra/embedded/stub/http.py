"""As much HTTP as the stub speaks: one request a connection, and answers it can break on purpose."""

import asyncio
import json
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue

LARGEST = 8 * 1024 * 1024
REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}
JSON = "application/json"
EVENTS = "text/event-stream"


class Request(NamedTuple):
    """A request as it came in."""

    method: str
    path: str
    """Without its query."""
    headers: Mapping[str, str]
    body: bytes


async def receive(reader: asyncio.StreamReader) -> Request | None:
    """The next request; None when the client went away or said no HTTP."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(min(int(headers.get("content-length", "0")), LARGEST))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, OSError):
        return None
    return Request(method, target.partition("?")[0], headers, body)


class Answer:
    """Writes one answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Write there, to whoever sends from here."""
        self._reader = reader
        self._writer = writer
        self.status = 0

    async def whole(self, status: int, document: JsonValue, headers: Mapping[str, str] | None = None) -> None:
        """A complete JSON answer."""
        await self.raw(status, json.dumps(document).encode(), headers)

    async def raw(self, status: int, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        """A complete answer with this content, which is called JSON."""
        await self.begin(status, {"Content-Type": JSON, "Content-Length": str(len(content)), **(headers or {})})
        await self._send(content)

    async def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """The head of an answer."""
        self.status = status
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Error')}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        await self._send("\r\n".join([*lines, "", ""]).encode())

    async def chunk(self, data: bytes) -> None:
        """One piece of a stream."""
        await self._send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def silence(self) -> None:
        """Say nothing more, until the client has had enough."""
        while await self._reader.read(4096):
            pass

    async def finish(self) -> None:
        """The orderly end of a stream."""
        await self._send(b"0\r\n\r\n")

    async def _send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()
