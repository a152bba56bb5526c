"""Redis and Valkey: the first reply at protocol level, then log-in, PING and a short-lived key through redis-py."""

import secrets
from contextlib import suppress
from typing import Any, cast

from redis.asyncio import Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from goldenpath.probes.address import Target
from goldenpath.probes.dns import SockAddr
from goldenpath.probes.phase import CLOSED, TIMEOUT, Phase, described, timed
from goldenpath.probes.signatures import BY_REDIS_TEXT, of_text

PING = b"PING\r\n"
"""Answered even before the log-in, by -NOAUTH."""
KEY_PREFIX = "goldenpath:probe:"
KEY_MS = "1000"
"""How long the written key lives: a full memory or a replica shows only to a writer."""


async def log_in(target: Target, address: SockAddr, timeout_s: float) -> tuple[Phase, ...]:
    """The phases auth (with a connection of its own) and query."""
    connection = connection_to(target, address, timeout_s)
    try:
        auth, _ = await timed("auth", connection.connect(), timeout_s, error_name)
        if auth.error:
            return (auth,)
        query, _ = await timed("query", _ping(connection), timeout_s, error_name)
        if query.error == "bad_password":
            # Without a password there is no log-in that could fail: the first command does.
            return (query.model_copy(update={"name": "auth"}),)
        return auth, query if query.error else await _written(connection, query, timeout_s)
    finally:
        with suppress(OSError, RedisError):
            await connection.disconnect(nowait=True)


async def _written(connection: Any, ping: Phase, timeout_s: float) -> Phase:
    write, _ = await timed("query", _write(connection), timeout_s, error_name)
    # A role that may only read is a choice, not a fault.
    return ping if not write.error or write.error == "no_permission" else write


async def _ping(connection: Any) -> None:
    await connection.send_command("PING")
    await connection.read_response()


async def _write(connection: Any) -> None:
    await connection.send_command("SET", KEY_PREFIX + secrets.token_hex(8), "1", "PX", KEY_MS)
    await connection.read_response()


def error_name(error: Exception) -> str:
    """The short name of what redis-py raised."""
    known = of_text(BY_REDIS_TEXT, str(error))
    if not known.startswith("other: "):
        return known
    match error:
        case RedisTimeoutError():
            return TIMEOUT
        case RedisConnectionError() | ConnectionError():
            return CLOSED
        case _:
            return f"other: {described(error)}"


def connection_to(target: Target, address: SockAddr, timeout_s: float) -> Any:
    """A connection, not yet open, to this address with the target's log-in."""
    host, port = address[1]
    # Whom to trust was judged at the hand-shake before, which asked for the configured name.
    secured = {"ssl_cert_reqs": "none", "ssl_check_hostname": False} if target.tls else {}
    # A server that is held up answers command by command: with a log-in nothing else is asked. Without one the library
    # says its name, for something must show that the peer speaks the protocol.
    greeting = {"driver_info": None} if target.password.get_secret_value() else {}
    return cast("Any", SSLConnection if target.tls else Connection)(
        **secured,
        host=host,
        port=port,
        username=target.user or None,
        password=target.password.get_secret_value() or None,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        **greeting,
        protocol=2,  # with 3, redis-py answers a refused greeting by "Invalid RESP version"
    )
