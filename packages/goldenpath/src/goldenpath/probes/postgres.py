"""PostgreSQL: the first byte at protocol level, then the log-in and a statement through asyncpg."""

import asyncio
import ssl
import struct
from contextlib import suppress
from typing import Any, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - asyncpg ships none; `_connect` is its rim

from goldenpath.probes.address import Target
from goldenpath.probes.dns import SockAddr
from goldenpath.probes.phase import CLOSED, Phase, described, timed
from goldenpath.probes.signatures import BY_SQLSTATE

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""Asks whether the server speaks TLS; it answers one byte, S or N, before any log-in."""
OFFERS_TLS = b"S"
_TRIVIAL = "select current_setting('transaction_read_only')"


async def log_in(target: Target, address: SockAddr, timeout_s: float, *, tls: bool) -> tuple[Phase, ...]:
    """The phases auth (with a connection of its own) and query."""
    auth, connection = await timed("auth", _connect(target, address, timeout_s, tls=tls), timeout_s, error_name)
    if connection is None:
        return (auth,)
    try:
        query, read_only = await timed("query", connection.fetchval(_TRIVIAL), timeout_s, error_name)
        if read_only == "on":
            query = Phase(name="query", error="read_only", text="transaction_read_only is on")
    finally:
        await _close(connection)
    return auth, query


def unverified() -> ssl.SSLContext:
    """TLS as PostgreSQL clients do it by default (`prefer`): encrypted, the certificate not checked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def error_name(error: Exception) -> str:
    """The short name of what asyncpg raised; the SQLSTATE is known while connecting, too."""
    sqlstate = str(getattr(error, "sqlstate", None) or "")
    if sqlstate in BY_SQLSTATE:
        return BY_SQLSTATE[sqlstate]
    if isinstance(error, ConnectionError | asyncpg.ConnectionDoesNotExistError):
        return CLOSED
    return f"other: {described(error)}"


async def _connect(target: Target, address: SockAddr, timeout_s: float, *, tls: bool) -> Any:
    host, port = address[1]
    return await cast("Any", asyncpg).connect(
        host=host,
        port=port,
        user=target.user or None,
        password=target.password.get_secret_value(),
        database=target.database or None,
        timeout=timeout_s,
        ssl=unverified() if tls else False,
        statement_cache_size=0,
    )


async def _close(connection: Any) -> None:
    with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await asyncio.wait_for(connection.close(), 1.0)
        return
    connection.terminate()
