"""PostgreSQL through asyncpg: pools whose failures name their phase."""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - asyncpg ships none; netra.stores.database types what we use
import orjson

from netra.settings.model import PostgresSettings
from netra.settings.timeouts import Timeouts
from netra.stores.database import Pool
from netra.stores.failures import Phase, StoreError, described, resolve
from netra.telemetry.instruments import POOL, POOL_LIMIT, POOL_WAIT

COMPONENT = "postgres"
JSONB_VERSION = b"\x01"
"""The first byte of jsonb's binary form; PostgreSQL knows this one version."""
DEFAULT_TIMEOUTS = Timeouts()
_AsyncpgPool: Any = asyncpg.Pool
_AsyncpgConnection: Any = asyncpg.Connection
POOL_DEFAULTS: dict[str, Any] = {
    "record_class": asyncpg.Record,
    "max_queries": 50_000,
    "max_inactive_connection_lifetime": 300.0,
    "init_size": None,
    "loop": None,
    "connect": None,
    "setup": None,
}
"""What `asyncpg.create_pool` would give its pool beside what is said here."""

PostgresError = asyncpg.PostgresError
"""Any error the server answered with."""
UniqueViolationError = asyncpg.UniqueViolationError
"""A row with this key exists."""
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""All that a statement can raise; `explain` turns each into a StoreError."""

_AUTH = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidPasswordError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
)
_CONNECT = (
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.ConnectionFailureError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    # A server that is ending says so on a connection that is used at this very moment.
    asyncpg.InternalClientError,
    ConnectionError,
    TimeoutError,
    OSError,
)


async def open_pool(
    settings: PostgresSettings, *, min_size: int = 1, max_size: int = 10, timeouts: Timeouts = DEFAULT_TIMEOUTS
) -> Pool:
    """Open a pool with `min_size` connections logged in; raises StoreError with the phase that failed."""
    await resolve(COMPONENT, settings.host, settings.port, timeouts.connect_s)
    opening = _MeasuredPool(
        **POOL_DEFAULTS,
        connection_class=_Connection,
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=settings.password.get_secret_value(),
        database=settings.db,
        min_size=min_size,
        max_size=max_size,
        ssl=tls(settings),
        init=_prepare,
        reset=_returned,
        timeout=timeouts.connect_s,
        command_timeout=timeouts.query_s,
        server_settings={"application_name": "netra", "timezone": "UTC"},
    )
    try:
        return await asyncio.wait_for(_opened(opening), timeouts.connect_s)
    except FAILURES as error:
        raise explain(error, settings) from error


@asynccontextmanager
async def pool(
    settings: PostgresSettings, *, min_size: int = 1, max_size: int = 10, timeouts: Timeouts = DEFAULT_TIMEOUTS
) -> AsyncGenerator[Pool]:
    """A pool for the length of a block."""
    opened = await open_pool(settings, min_size=min_size, max_size=max_size, timeouts=timeouts)
    try:
        yield opened
    finally:
        await opened.close()


def tls(settings: PostgresSettings) -> ssl.SSLContext | str | bool:
    """How asyncpg shall encrypt; a certificate is verified against what the system trusts."""
    match settings.tls:
        case "disable":
            return False
        case "verify-full":
            return ssl.create_default_context()
        case _:
            return settings.tls


def phase_of(error: BaseException) -> Phase:
    """How far the caller got: an answer from SQL is `query`, a refused login or database is `auth`."""
    if isinstance(error, _AUTH):
        return "auth"
    return "connect" if isinstance(error, _CONNECT) or _was_closed(error) else "query"


def _was_closed(error: BaseException) -> bool:
    """Whether a connection was lost between two statements; asyncpg has no class for it."""
    return type(error) is asyncpg.InterfaceError and "closed" in str(error)


def explain(error: BaseException, settings: PostgresSettings | None = None) -> StoreError:
    """The typed failure for what asyncpg raised; of the settings it names host, port, role and database only."""
    target = f"{settings.user}@{settings.host}:{settings.port}/{settings.db}: " if settings else ""
    phase = phase_of(error)
    hints: dict[Phase, str] = {
        "connect": "check that PostgreSQL runs there and may be reached",
        "auth": "check POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB",
    }
    return StoreError(target + described(error), component=COMPONENT, phase=phase, hint=hints.get(phase, ""))


def tell_pool(pool: Pool) -> None:
    """Set the gauges of this process's pool."""
    size, idle = pool.get_size(), pool.get_idle_size()
    POOL.set(idle, "idle")
    POOL.set(size - idle, "used")
    POOL_LIMIT.set(pool.get_max_size())


class _MeasuredPool(_AsyncpgPool):
    """asyncpg's pool, which says how long one waits for it."""

    __slots__ = ()

    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ASYNC109 - asyncpg's signature
        began = time.perf_counter()
        try:
            return await _AsyncpgPool._acquire(self, timeout)  # noqa: SLF001 - all its ways to a connection lead here
        finally:
            POOL_WAIT.observe(time.perf_counter() - began)


class _Connection(_AsyncpgConnection):
    """asyncpg's connection, which says that it was lost as other connections do."""

    __slots__ = ()

    async def execute(self, *args: Any, **options: Any) -> Any:
        with _lost():
            return await _AsyncpgConnection.execute(self, *args, **options)

    async def _execute(self, *args: Any, **options: Any) -> Any:
        with _lost():
            return await _AsyncpgConnection._execute(self, *args, **options)  # noqa: SLF001 - every fetch leads here


@contextmanager
def _lost() -> Generator[None]:
    """Say it: uvloop does so with a bare RuntimeError when the loss and a statement meet at the same moment."""
    try:
        yield
    except RuntimeError as error:
        if "closed" not in str(error):
            raise
        raise ConnectionResetError("the connection was lost at this moment") from error


async def _opened(pool: Any) -> Pool:
    return await pool


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb", encoder=_to_jsonb, decoder=_from_jsonb, schema="pg_catalog", format="binary"
    )


async def _returned(connection: Any) -> None:
    """Nothing more: open transactions and listeners end anyway, and netra leaves no other session state behind.

    asyncpg's own reset costs a second round trip after each statement of a pool.
    """
    del connection


def _to_jsonb(value: object) -> bytes:
    return JSONB_VERSION + orjson.dumps(value)


def _from_jsonb(data: bytes) -> object:
    return orjson.loads(data[1:])
