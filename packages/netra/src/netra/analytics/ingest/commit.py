"""The transaction of an import: gather in staging, check the count, move, and commit with one row.

ClickHouse has no transactions over several blocks, so an event is visible only when its import has a row in
`workload_imports`; inserting that single row is the commit. A crash before it leaves rows that nobody sees and that
the tenant's next import removes. Two imports of one tenant must not run at once: the caller holds a lock.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from netra.analytics.database import Database, Parameter
from netra.analytics.events import UsageEvent, row
from netra.analytics.scope import Frozen, timestamp
from netra.errors import DependencyError
from netra.stores.queries import load

QUERIES = load("netra.analytics", "sql/ingest.sql")
BATCH = 50_000
"""Rows of one insert: some 10 MB."""


class Committed(Frozen):
    """What one import added."""

    import_id: UUID
    imported: int
    """Events that are new."""
    already_there: int
    """Events that an earlier import had committed."""
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
        self._gathered = 0

    async def begin(self) -> None:
        """Remove what this tenant's abandoned imports left."""
        tenant = {"tenant_id": str(self._tenant_id)}
        for found in await self._database.rows(QUERIES["abandoned"], tenant):
            left = {**tenant, "import_id": str(found["import_id"])}
            await self._database.run(QUERIES["forget_staging"], {"import_id": left["import_id"]})
            await self._database.run(QUERIES["forget_events"], left)

    async def gather(self, events: Sequence[tuple[UUID, UsageEvent]]) -> None:
        """Put one batch into staging."""
        if not events:
            return
        rows = [row(e, tenant_id=self._tenant_id, event_id=i, import_id=self._import_id) for i, e in events]
        await self._database.insert("workload_staging", rows)
        self._gathered += len(rows)

    async def commit(self) -> Committed:
        """Make all gathered events visible at once; raises DependencyError when ClickHouse holds other counts."""
        staged = (await self._database.rows(QUERIES["staged"], self._names()))[0]
        self._expect(staged["gathered"], self._gathered, "gathered rows")
        self._expect(staged["distinct_events"], self._gathered, "distinct events")
        if not self._gathered:
            return self._committed(imported=0, staged={"unpriced": 0, "first_at": None, "last_at": None})
        bounds = {**self._names(), "first_at": timestamp(staged["first_at"]), "last_at": timestamp(staged["last_at"])}
        known = (await self._database.rows(QUERIES["already_there"], bounds))[0]["known"]
        await self._database.run(QUERIES["move"], bounds)
        moved = (await self._database.rows(QUERIES["moved"], self._names()))[0]["moved"]
        self._expect(moved, self._gathered - known, "new events")
        if moved:
            await self._database.insert("workload_imports", [self._mark(moved)])
        await self.abandon()
        return self._committed(imported=moved, staged=staged)

    async def abandon(self) -> None:
        """Remove what was gathered."""
        await self._database.run(QUERIES["forget_staging"], {"import_id": str(self._import_id)})

    def _mark(self, events: int) -> dict[str, object]:
        committed_at = timestamp(datetime.now(UTC))
        return {**self._names(), "source": self._source, "events": events, "committed_at": committed_at}

    def _names(self) -> dict[str, Parameter]:
        return {"tenant_id": str(self._tenant_id), "import_id": str(self._import_id)}

    def _expect(self, found: int, expected: int, what: str) -> None:
        if found != expected:
            raise DependencyError(
                f"ClickHouse holds {found} {what} of this import, {expected} were sent; nothing was imported",
                where="clickhouse",
                hint="import the file again",
            )

    def _committed(self, *, imported: int, staged: dict[str, object]) -> Committed:
        return Committed.model_validate(
            {
                "import_id": self._import_id,
                "imported": imported,
                "already_there": self._gathered - imported,
                "unpriced": staged["unpriced"],
                "first_at": staged["first_at"],
                "last_at": staged["last_at"],
            }
        )
