"""PostgreSQL: first byte, TLS, log-in and a statement, each apart and all on the one connection that was opened."""

import asyncio
import ssl

from goldenpath.probes import tls
from goldenpath.probes.address import Target
from goldenpath.probes.phase import CLOSED, Phase, described, timed
from goldenpath.probes.postgres_messages import SSL_REQUEST, NotPostgresError, RefusalError
from goldenpath.probes.postgres_session import Session
from goldenpath.probes.signatures import BY_SQLSTATE
from goldenpath.probes.wire import Wire

_PLAIN = Phase(name="tls", error="plaintext_peer", text="the server says that it speaks no TLS")
_TRIVIAL = "select current_setting('transaction_read_only')"


async def converse(target: Target, opened: Wire, timeout_s: float) -> tuple[Phase, ...]:
    """The phases from the first byte to the first statement, as far as they go."""
    reached, session = await enter(target, opened, timeout_s)
    if session is None:
        return reached
    query, rows = await timed("query", session.query(_TRIVIAL), timeout_s, error_name)
    session.end()
    if rows == (("on",),):
        query = Phase(name="query", error="read_only", text="transaction_read_only is on")
    return (*reached, query)


async def enter(target: Target, opened: Wire, timeout_s: float) -> tuple[tuple[Phase, ...], Session | None]:
    """The phases first byte, TLS and auth, and the session when all went well."""
    session = Session(opened)
    greeted = await _greet(target, opened, session, timeout_s)
    if any(phase.error for phase in greeted):
        return greeted, None
    auth, _ = await timed("auth", session.log_in(target), timeout_s, error_name)
    return (*greeted, auth), None if auth.error else session


async def _greet(target: Target, opened: Wire, session: Session, timeout_s: float) -> tuple[Phase, ...]:
    if target.tls_mode == "disable":
        return ()
    first, byte = await opened.first_byte(SSL_REQUEST, timeout_s)
    if first.error:
        return (first,)
    if byte == b"N":
        return (first, _PLAIN) if target.tls else (first,)
    if byte == b"S":
        return first, await opened.start_tls(_context(target), target.host, timeout_s)
    # A server that has no place left, or a pooler, refuses before it has heard anything.
    refused, _ = await timed("auth", _refused(session, byte), timeout_s, error_name)
    return first, refused


async def _refused(session: Session, begun: bytes) -> None:
    if begun == b"E":
        await session.next(begun)
    raise NotPostgresError(f"the request for TLS was answered with {begun!r}")


def _context(target: Target) -> ssl.SSLContext:
    """What a client of this mode checks."""
    if target.tls_mode not in {"verify-ca", "verify-full"}:
        return unverified()
    context = tls.context(target)
    context.check_hostname = target.tls_mode == "verify-full"
    return context


def unverified() -> ssl.SSLContext:
    """TLS as PostgreSQL clients do it by default (`prefer`): encrypted, the certificate not checked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def error_name(error: Exception) -> str:
    """The short name of what ended a phase; the SQLSTATE is known while connecting, too."""
    match error:
        case RefusalError() if error.sqlstate in BY_SQLSTATE:
            return BY_SQLSTATE[error.sqlstate]
        case NotPostgresError():
            return "other: not PostgreSQL"
        case ConnectionError() | asyncio.IncompleteReadError():
            return CLOSED
        case _:
            return f"other: {described(error)}"
