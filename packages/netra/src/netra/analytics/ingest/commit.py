"""The transaction of an import: gather in staging, check the count, move, and commit with one row.

ClickHouse has no transactions over several blocks, so an event is visible only when its import has a row in
`workload_imports`; inserting that single row is the commit. A crash before it leaves rows that nobody sees and that
the tenant's next import removes, from the hours and days too. Two imports of one tenant must not run at once: the
caller holds a lock.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from netra.analytics.database import Database
from netra.analytics.events import UsageEvent
from netra.analytics.ingest.rows import EventColumns
from netra.analytics.ingest.staging import QUERIES, Staged, Staging
from netra.analytics.scope import Frozen, timestamp

BATCH = 50_000
"""Rows of one insert: some 10 MB."""


class Committed(Frozen):
    """What one import added."""

    import_id: UUID
    imported: int
    """Events that are new."""
    already_there: int
    """Events that an earlier import had committed, or that came more than once."""
    unpriced: int
    first_at: datetime | None
    last_at: datetime | None


class Import:
    """One import of one tenant, from the first row to the commit."""

    def __init__(self, database: Database, tenant_id: UUID, source: str) -> None:
        """Prepare; `source` is kept with the commit."""
        self._database = database
        self._tenant_id = tenant_id
        self._source = source
        self._import_id = uuid4()
        self._staging = Staging(database, tenant_id, self._import_id)

    async def begin(self) -> None:
        """Remove what this tenant's abandoned imports left."""
        for found in await self._database.rows(QUERIES["abandoned"], {"tenant_id": str(self._tenant_id)}):
            await remove(self._database, self._tenant_id, UUID(str(found["import_id"])))

    async def gather(self, events: Sequence[tuple[UUID, UsageEvent]] | EventColumns) -> None:
        """Put one batch into staging."""
        if isinstance(events, EventColumns):
            await self._staging.gather_columns(events)
        else:
            await self._staging.gather(events)

    async def commit(self) -> Committed:
        """Make all gathered events visible at once; raises DependencyError when ClickHouse holds other counts."""
        staged = await self._staging.staged()
        if not staged.gathered:
            return self._committed(0, staged)
        known = await self._staging.known(staged)
        await self._staging.move(staged)
        moved = await self._staging.moved()
        moved.expect(staged.distinct_events - known)
        if moved.moved:
            await self._database.insert("workload_imports", [self._mark(moved.moved)])
        await self.abandon()
        return self._committed(moved.moved, staged)

    async def abandon(self) -> None:
        """Remove what was gathered."""
        await self._staging.forget()

    def _mark(self, events: int) -> dict[str, object]:
        return mark(self._tenant_id, self._import_id, self._source, events)

    def _committed(self, imported: int, staged: Staged) -> Committed:
        return Committed(
            import_id=self._import_id,
            imported=imported,
            already_there=staged.gathered - imported,
            unpriced=staged.unpriced,
            first_at=staged.first_at if staged.gathered else None,
            last_at=staged.last_at if staged.gathered else None,
        )


def mark(tenant_id: UUID, import_id: UUID, source: str, events: int) -> dict[str, object]:
    """The row that makes an import's events visible."""
    return {
        "tenant_id": str(tenant_id),
        "import_id": str(import_id),
        "source": source,
        "events": events,
        "committed_at": timestamp(datetime.now(UTC)),
    }


async def remove(database: Database, tenant_id: UUID, import_id: UUID) -> None:
    """Remove one import: first it becomes invisible, then it goes; doing it again changes nothing."""
    names = {"tenant_id": str(tenant_id), "import_id": str(import_id)}
    await database.run(QUERIES["forget_import"], names)
    await database.run(QUERIES["forget_staging"], {"import_id": str(import_id)})
    for part in ("forget_hours", "forget_days", "forget_events"):
        await database.run(QUERIES[part], names)
