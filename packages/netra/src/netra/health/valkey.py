"""Probe of Valkey: AUTH and PING on a fresh connection, in its own protocol (RESP)."""

import asyncio

from netra.health.records import Reading
from netra.health.steps import ProbeError, Steps, connected, look_up
from netra.settings.model import RedisSettings


async def probe_valkey(steps: Steps, settings: RedisSettings) -> Reading:
    """Resolve, connect, log in, ask."""
    addresses = await look_up(steps, settings.host, settings.port)
    reader, writer, _ = await connected(steps, addresses, settings.port)
    try:
        with steps.step("auth"):
            answer = await _asked(reader, writer, "AUTH", settings.password.get_secret_value())
            if not answer.startswith(b"+OK"):
                raise ProbeError("the log-in is refused: check REDIS_PASSWORD", "rejected")
        with steps.step("query"):
            answer = await _asked(reader, writer, "PING")
            if not answer.startswith(b"+PONG"):
                raise ProbeError(f"PING is answered with {answer[:40].decode(errors='replace').strip()}")
    finally:
        writer.close()
    return steps.ok()


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *words: str) -> bytes:
    encoded = [word.encode() for word in words]
    writer.write(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in encoded))
    await writer.drain()
    line = await reader.readline()
    if not line:
        raise ConnectionResetError
    return line
