"""The door at which a process without a web server shows its metrics: one path, one method, one answer a connection."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from pydantic import SecretStr

from netra.errors import StartupError
from netra.telemetry.exposition import CONTENT_TYPE, may_read, text

PATH = "/metrics"
REQUEST_S = 5.0
LONGEST_REQUEST = 8192
Refresh = Callable[[], Awaitable[None]]


@asynccontextmanager
async def opened(host: str, port: int, token: SecretStr | None, refresh: Refresh) -> AsyncGenerator[None]:
    """Serve for the length of the block; `refresh` reads what is known only at a scrape."""
    door = _Door(token, refresh)
    try:
        server = await asyncio.start_server(door.serve, host, port, limit=LONGEST_REQUEST)
    except OSError as error:
        raise StartupError(
            f"phase metrics failed: cannot bind {host}:{port}: {error.strerror}",
            where="metrics",
            hint="choose another WORKER_METRICS_HOST or WORKER_METRICS_PORT",
        ) from error
    async with server:
        yield


class _Door:
    def __init__(self, token: SecretStr | None, refresh: Refresh) -> None:
        self._token = token
        self._refresh = refresh

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one request, answer it, and close."""
        try:
            with suppress(TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                async with asyncio.timeout(REQUEST_S):
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(await self._answer(head.decode("latin-1")))
                    await writer.drain()
        finally:
            writer.close()

    async def _answer(self, head: str) -> bytes:
        request, *lines = head.split("\r\n")
        method, _, rest = request.partition(" ")
        if rest.partition(" ")[0].partition("?")[0] != PATH:
            return _message("404 Not Found", f"only {PATH} is served here\n".encode())
        if method not in {"GET", "HEAD"}:
            return _message("405 Method Not Allowed", b"", "Allow: GET, HEAD")
        if self._token and not may_read(_header(lines, "authorization"), self._token):
            return _message("401 Unauthorized", b"send METRICS_TOKEN as a bearer token\n", "WWW-Authenticate: Bearer")
        await self._refresh()
        body = text()
        return _message("200 OK", b"" if method == "HEAD" else body, f"Content-Type: {CONTENT_TYPE}")


def _header(lines: list[str], name: str) -> str:
    pairs = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in pairs if key.strip().lower() == name), "")


def _message(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
