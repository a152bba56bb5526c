"""One plain HTTP request to a server of ours, to see that it serves."""

import asyncio
import contextlib
from collections.abc import Mapping

from netra.embedded.ports import LOOPBACK

PROBE_S = 5.0


async def request(
    port: int, path: str, *, headers: Mapping[str, str], body: bytes | None = None
) -> tuple[int, bytes] | None:
    """Status and body; None while nobody answers. A body makes it a POST."""
    try:
        async with asyncio.timeout(PROBE_S):
            return await _exchange(port, _head(port, path, headers, body) + (body or b""))
    except (OSError, TimeoutError, EOFError, ValueError):
        return None


def _head(port: int, path: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    method = "GET" if body is None else "POST"
    fields = {"Host": f"{LOOPBACK}:{port}", "Connection": "close", **headers}
    if body is not None:
        fields["Content-Length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _exchange(port: int, message: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(message)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return int(head.split(b" ", 2)[1]), body
