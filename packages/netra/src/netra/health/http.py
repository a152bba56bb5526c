"""Probes of what answers over HTTP; ClickHouse is one of them."""

import asyncio
import base64
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from netra.health.records import Reading
from netra.health.steps import ProbeError, Steps, connected, look_up
from netra.settings.model import ClickHouseSettings

REFUSED = (401, 403)
OK = 200
LARGEST = 4 * 1024 * 1024
CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked", re.IGNORECASE)
STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})")


class Answer(NamedTuple):
    """Of an HTTP server."""

    status: int
    body: bytes


class Request(BaseModel):
    """One GET."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    tls: bool = False
    path: str
    headers: Mapping[str, str]


async def probe_clickhouse(steps: Steps, settings: ClickHouseSettings) -> Reading:
    """Resolve, connect, and ask with the log-in that HTTP sends along."""
    login = f"{settings.user}:{settings.password.get_secret_value()}"
    request = Request(
        host=settings.host,
        port=settings.port,
        path=f"/?database={quote(settings.db)}&query=SELECT%201",
        headers={"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"},
    )
    status, _ = await asked(steps, request)
    if status in REFUSED:
        steps.failing("auth")
        raise ProbeError(
            f"the log-in is refused with {status}: check CLICKHOUSE_USER and CLICKHOUSE_PASSWORD", "rejected"
        )
    if status != OK:
        steps.failing("query")
        raise ProbeError(f"answered with {status}")
    return steps.ok()


async def asked(steps: Steps, request: Request) -> Answer:
    """What the server answers; resolving and connecting are steps of their own."""
    addresses = await look_up(steps, request.host, request.port)
    reader, writer, _ = await connected(steps, addresses, request.port, request.host if request.tls else None)
    try:
        with steps.step("query"):
            return await _answer(reader, writer, request)
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request) -> Answer:
    """The whole answer; a longer one than `LARGEST` is cut."""
    headers = {"Host": f"{request.host}:{request.port}", "Connection": "close", **request.headers}
    lines = [f"GET {request.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    writer.write("\r\n".join(lines).encode())
    await writer.drain()
    told = b""
    while len(told) < LARGEST and (part := await reader.read(65536)):
        told += part
    status = STATUS_LINE.match(told)
    if status is None:
        raise ProbeError("the answer is not HTTP")
    head, _, body = told.partition(b"\r\n\r\n")
    return Answer(int(status[1]), _unchunked(body) if CHUNKED.search(head) else body)


def _unchunked(body: bytes) -> bytes:
    content = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.split(b";")[0] or b"0", 16)
        if not length:
            break
        content, body = content + body[:length], body[length + 2 :]
    return content
