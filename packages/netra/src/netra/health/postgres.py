"""Probes of PostgreSQL: a fresh log-in and a question, the wait for the pool, and the workers it knows of."""

from collections.abc import Sequence
from typing import Any, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - see netra.stores.database

from netra.health.records import Reading
from netra.health.steps import ProbeError, Steps, connected, look_up
from netra.settings.model import PostgresSettings
from netra.stores.database import Connection, Pool
from netra.stores.postgres import PostgresError, phase_of, tls
from netra.stores.queries import load

QUERIES = load("netra.health", "sql/health.sql")
FAREWELL_S = 0.5


async def probe_postgres(steps: Steps, settings: PostgresSettings, pool: Pool) -> Reading:
    """Resolve, connect, log in, ask; then how long a request waits for one of the pool's connections."""
    addresses = await look_up(steps, settings.host, settings.port)
    connection = await _log_in(steps, settings, addresses)
    try:
        with steps.step("query"):
            await connection.fetchval(QUERIES["one"])
    finally:
        await cast("Any", connection).close(timeout=FAREWELL_S)
    with steps.step("pool"):
        async with pool.acquire():
            pass
    return steps.ok()


async def probe_worker(steps: Steps, pool: Pool, silence_s: float) -> Reading:
    """Whether a worker has been seen within `silence_s` seconds."""
    with steps.step("query"):
        try:
            row = await pool.fetchrow(QUERIES["workers"], silence_s)
        except (PostgresError, OSError) as error:
            raise ProbeError("not known while PostgreSQL does not answer", "unknown") from error
        if row is None or row["silent_s"] is None:
            raise ProbeError("no worker has ever been seen: start `netra worker`", "absent")
        if not row["alive"]:
            raise ProbeError(f"no worker has been seen for {row['silent_s']:.0f} s", "absent")
    return steps.ok()


async def _log_in(steps: Steps, settings: PostgresSettings, addresses: Sequence[str]) -> Connection:
    """Connect once to measure only that, and once to log in: asyncpg does both in one call."""
    stream = await connected(steps, addresses, settings.port)
    stream.writer.close()
    with steps.step("auth"):
        # By name where the certificate is for a name; else where the stream led.
        connection = await _asked(settings, settings.host if settings.tls == "verify-full" else stream.address)
    steps.subtract("auth", "connect")
    return connection


async def _asked(settings: PostgresSettings, address: str) -> Connection:
    try:
        return await cast("Any", asyncpg).connect(
            host=address,
            port=settings.port,
            user=settings.user,
            password=settings.password.get_secret_value(),
            database=settings.db,
            ssl=tls(settings),
            server_settings={"application_name": "netra-health"},
        )
    except PostgresError as error:
        if phase_of(error) == "auth":
            raise ProbeError("the log-in is refused: check POSTGRES_USER, _PASSWORD and _DB", "rejected") from error
        raise ProbeError(f"the server refuses ({type(error).__name__})", "rejected") from error
