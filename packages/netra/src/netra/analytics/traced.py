"""Calls that applications report as traces: kept in PostgreSQL when they come, delivered to ClickHouse in batches.

Who reports them need not wait for ClickHouse, which may be away, and a thousand small batches become one. A call is
there once however often it is reported: its id is made of the span's, here and there.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import orjson

from netra.analytics.database import Database
from netra.analytics.events import UsageEvent
from netra.analytics.ingest.ledger import append
from netra.errors import DependencyError
from netra.stores.database import Connection, Executor
from netra.stores.queries import load

QUERIES = load("netra.analytics", "sql/traced.sql")
SOURCE = "OpenTelemetry"
"""Of the imports that hold such calls."""
BATCH = 10_000
MOST_WAITING = 500_000
"""Of one tenant, some 200 MB: while ClickHouse is away PostgreSQL must not fill up."""
KNOWN = frozenset(field.name for field in dataclasses.fields(UsageEvent))


async def keep(
    executor: Executor, tenant_id: UUID, events: Sequence[tuple[UUID, UsageEvent]], *, most: int = MOST_WAITING
) -> None:
    """Keep these calls; when it returns they outlive a crash. Raises DependencyError while too many wait already."""
    if not events:
        return
    if not await executor.fetchval(QUERIES["room"], tenant_id, most):
        message = f"{most} calls wait for ClickHouse already"
        raise DependencyError(message, where="clickhouse", hint="send again later, as exporters do")
    texts = [orjson.dumps(event, default=str).decode() for _, event in events]
    await executor.execute(QUERIES["keep"], tenant_id, [event_id for event_id, _ in events], texts)


async def waiting(executor: Executor, most: int) -> list[UUID]:
    """Tenants whose calls wait; as plain UUIDs, for orjson refuses asyncpg's subclass."""
    return [UUID(int=row["tenant_id"].int) for row in await executor.fetch(QUERIES["tenants"], most)]


async def deliver(connection: Connection, database: Database, tenant_id: UUID) -> int:
    """Deliver one batch of a tenant's calls inside the caller's transaction; how many, 0 while another process does."""
    if not await connection.fetchval(QUERIES["lock"], tenant_id):
        return 0
    rows = await connection.fetch(QUERIES["waiting"], tenant_id, BATCH)
    for day, batch in itertools.groupby(sorted(rows, key=lambda row: row["day"]), key=lambda row: row["day"]):
        events = [(UUID(int=row["event_id"].int), event_from(row["event"])) for row in batch]
        await append(database, tenant_id, SOURCE, day, events)
    if rows:
        await connection.execute(QUERIES["delivered"], tenant_id, [row["event_id"] for row in rows])
    return len(rows)


def event_from(text: str) -> UsageEvent:
    """The event that was kept as this text; what another revision knew beside is left out."""
    fields = {name: value for name, value in cast("dict[str, Any]", orjson.loads(text)).items() if name in KNOWN}
    fields["at"] = datetime.fromisoformat(fields["at"])
    fields["cost_usd"] = None if fields["cost_usd"] is None else Decimal(fields["cost_usd"])
    return UsageEvent(**fields)
