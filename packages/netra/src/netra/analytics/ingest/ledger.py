"""Events that come as they happen: one import a day and source, which every batch of that day adds to.

A batch of some seconds as an import of its own would make tens of thousands a day, and each question reads their list.
The day's import is committed before its first event, so a batch is visible when ClickHouse has it; one that was cut off
is appended again by its sender, and what was there already stays single. The caller holds a lock of tenant and source.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid5

from netra.analytics.database import Database
from netra.analytics.events import UsageEvent
from netra.analytics.ingest.commit import mark
from netra.analytics.ingest.staging import QUERIES, Staging, expect


async def append(
    database: Database, tenant_id: UUID, source: str, day: date, events: Sequence[tuple[UUID, UsageEvent]]
) -> int:
    """Add the events that are not there yet; how many. Raises DependencyError when ClickHouse holds other counts."""
    import_id = uuid5(tenant_id, f"{source} {day:%Y-%m-%d}")
    staging = Staging(database, tenant_id, import_id)
    await staging.forget()
    if not await database.rows(QUERIES["is_committed"], staging.names):
        await database.insert("workload_imports", [mark(tenant_id, import_id, source, 0)])
    await staging.gather(events)
    staged = await staging.staged()
    known = await staging.known(staged)
    await staging.move(staged)
    expect(await staging.known(staged), staged.distinct_events, "events")
    if not (await staging.moved()).counted:
        await _count_again(database, staging)
    await staging.forget()
    return staged.distinct_events - known


async def _count_again(database: Database, staging: Staging) -> None:
    """Count the day's import anew: a crash fell between its events and their hours."""
    for part in ("hours", "days"):
        await database.run(QUERIES[f"forget_{part}"], staging.names)
        await database.run(QUERIES[f"count_{part}"], staging.names)
