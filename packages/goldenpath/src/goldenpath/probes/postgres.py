"""PostgreSQL: the first byte at protocol level, then the log-in and a statement through asyncpg."""

import asyncio
import ssl
import struct
from contextlib import suppress
from typing import Any, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - asyncpg ships none; `connect` is its rim

from goldenpath.probes.address import Target
from goldenpath.probes.dns import SockAddr
from goldenpath.probes.phase import CLOSED, Phase, described, timed
from goldenpath.probes.signatures import BY_SQLSTATE
from goldenpath.probes.wire import Wire

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""Asks whether the server speaks TLS; it answers one byte, S or N, before any log-in."""
_PROTOCOL = 196608
"""Version 3.0 of the protocol, which every server since 2003 speaks."""
_HEAD = struct.Struct("!ci")
_LONGEST_ANSWER = 65536
_LONGEST_LOG_IN_S = 60.0
"""asyncpg's own bound, behind that of the phase."""
_TRIVIAL = "select current_setting('transaction_read_only')"


async def greet(target: Target, opened: Wire, timeout_s: float) -> tuple[tuple[Phase, ...], bool]:
    """The phases up to the server's first message, and whether it speaks TLS.

    asyncpg 0.32 spins for ever on what is no PostgreSQL, so that is found out before.
    """
    first, byte = await opened.first_byte(SSL_REQUEST, timeout_s)
    if first.error:
        return (first,), False
    if byte not in {b"S", b"N"}:
        return (first, _foreign(f"the request for TLS was answered with {byte!r}")), False
    offers_tls = byte == b"S"
    shaken = (await opened.start_tls(unverified(), target.host, timeout_s),) if offers_tls else ()
    if any(phase.error for phase in shaken):
        return (first, *shaken), offers_tls
    phase, head = await timed("auth", opened.ask(_startup(target), _HEAD.size), timeout_s, error_name)
    if head is not None and not _is_lawful(head):
        phase = _foreign(f"the log-in was answered with {head!r}")
    return (first, *shaken, *((phase,) if phase.error else ())), offers_tls


def _startup(target: Target) -> bytes:
    named = {"user": target.user, "database": target.database}
    words = [word for name, value in named.items() if value for word in (name, value)]
    body = b"".join(word.encode().replace(b"\0", b"") + b"\0" for word in words) + b"\0"
    return struct.pack("!ii", 8 + len(body), _PROTOCOL) + body


def _is_lawful(head: bytes) -> bool:
    """Whether these are the type and length of an authentication request or an error."""
    kind, length = _HEAD.unpack(head)
    return kind in {b"R", b"E"} and _HEAD.size - 1 <= length <= _LONGEST_ANSWER


def _foreign(text: str) -> Phase:
    return Phase(name="auth", error="other: not PostgreSQL", text=text)


async def log_in(target: Target, address: SockAddr, timeout_s: float, *, tls: bool) -> tuple[Phase, ...]:
    """The phases auth (with a connection of its own) and query."""
    auth, connection = await timed("auth", connect(target, address, tls=tls), timeout_s, error_name)
    if connection is None:
        return (auth,)
    try:
        query, read_only = await timed("query", connection.fetchval(_TRIVIAL), timeout_s, error_name)
        if read_only == "on":
            query = Phase(name="query", error="read_only", text="transaction_read_only is on")
    finally:
        await close(connection)
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
    if isinstance(error, ConnectionError | asyncio.IncompleteReadError | asyncpg.ConnectionDoesNotExistError):
        return CLOSED
    return f"other: {described(error)}"


async def connect(target: Target, address: SockAddr, *, tls: bool) -> Any:
    """An asyncpg connection, logged in; the caller sets the bound."""
    host, port = address[1]
    return await cast("Any", asyncpg).connect(
        host=host,
        port=port,
        user=target.user or None,
        password=target.password.get_secret_value(),
        database=target.database or None,
        timeout=_LONGEST_LOG_IN_S,
        ssl=unverified() if tls else False,
        statement_cache_size=0,
    )


async def close(connection: Any) -> None:
    """Log out; a server that does not answer is left at once."""
    with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await asyncio.wait_for(connection.close(), 1.0)
        return
    connection.terminate()
