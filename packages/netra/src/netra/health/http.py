"""Probes of what answers over HTTP: ClickHouse and a model endpoint."""

import asyncio
import base64
import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict

from netra.health.records import Reading
from netra.health.steps import ProbeError, Steps, connected, look_up
from netra.settings.model import ClickHouseSettings, LLMSettings

REFUSED = (401, 403)
ABSENT = (404, 405)
"""A model endpoint that does not list its models says one of these; it answers, and the key was not refused."""
STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})")
PORTS = {"http": 80, "https": 443}


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    tls: bool = False
    path: str
    headers: Mapping[str, str]


async def probe_clickhouse(steps: Steps, settings: ClickHouseSettings) -> Reading:
    """Resolve, connect, and ask with the log-in that HTTP sends along."""
    login = f"{settings.user}:{settings.password.get_secret_value()}"
    request = _Request(
        host=settings.host,
        port=settings.port,
        path=f"/?database={quote(settings.db)}&query=SELECT%201",
        headers={"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"},
    )
    await _asked(steps, request, "check CLICKHOUSE_USER and CLICKHOUSE_PASSWORD", fine=(200,))
    return steps.ok()


async def probe_llm(steps: Steps, settings: LLMSettings) -> Reading:
    """Resolve, connect, and ask for the list of models with the key; costs no token."""
    url = urlsplit(settings.base_url)
    request = _Request(
        host=url.hostname or "",
        port=url.port or PORTS[url.scheme],
        tls=url.scheme == "https",
        path=f"{url.path.rstrip('/')}/models",
        headers={"Authorization": f"Bearer {settings.api_key.get_secret_value()}"},
    )
    await _asked(steps, request, "check LLM_API_KEY", fine=(200, *ABSENT))
    return steps.ok()


async def _asked(steps: Steps, request: _Request, hint: str, *, fine: tuple[int, ...]) -> None:
    address = await look_up(steps, request.host, request.port)
    reader, writer = await connected(steps, address, request.port, request.host if request.tls else None)
    try:
        with steps.step("query"):
            status = await _status(reader, writer, request)
            if status in REFUSED:
                steps.rename("auth")
                raise ProbeError(f"the log-in is refused with {status}: {hint}", "rejected")
            if status not in fine:
                raise ProbeError(f"answered with {status}")
    finally:
        writer.close()


async def _status(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: _Request) -> int:
    """The status of the answer; its body is not read, the connection ends here."""
    headers = {"Host": f"{request.host}:{request.port}", "Connection": "close", **request.headers}
    lines = [f"GET {request.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    writer.write("\r\n".join(lines).encode())
    await writer.drain()
    answer = STATUS_LINE.match(await reader.readline())
    if answer is None:
        raise ProbeError("the answer is not HTTP")
    return int(answer[1])
