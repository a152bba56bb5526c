"""Where events gather before they are moved beside the others, and the counts that must hold on the way."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from netra.analytics.database import Database, Parameter
from netra.analytics.events import UsageEvent, row
from netra.analytics.ingest.rows import EventColumns
from netra.analytics.scope import Frozen, timestamp
from netra.errors import DependencyError
from netra.stores.queries import load

QUERIES = load("netra.analytics", "sql/ingest.sql")


class Staged(Frozen):
    """What has been gathered."""

    gathered: int
    distinct_events: int
    unpriced: int
    first_at: datetime
    last_at: datetime


class Moved(Frozen):
    """What lies beside the others, and what the hours and days count of it."""

    moved: int
    in_hours: int
    in_days: int

    @property
    def counted(self) -> bool:
        """Whether hours and days count each event once."""
        return self.in_hours == self.moved == self.in_days

    def expect(self, events: int) -> None:
        """Raise DependencyError unless there are so many events, each counted."""
        expect(self.moved, events, "new events")
        expect(self.in_hours, events, "events in its hours")
        expect(self.in_days, events, "events in its days")


class Staging:
    """One import's rows in staging, and their way out of it."""

    def __init__(self, database: Database, tenant_id: UUID, import_id: UUID) -> None:
        """Gather for this import."""
        self._database = database
        self._tenant_id = tenant_id
        self._import_id = import_id
        self._gathered = 0

    @property
    def names(self) -> dict[str, Parameter]:
        """The import, as query parameters."""
        return {"tenant_id": str(self._tenant_id), "import_id": str(self._import_id)}

    async def gather(self, events: Sequence[tuple[UUID, UsageEvent]]) -> None:
        """Add one batch."""
        if not events:
            return
        rows = [row(e, tenant_id=self._tenant_id, event_id=i, import_id=self._import_id) for i, e in events]
        await self._database.insert("workload_staging", rows)
        self._gathered += len(rows)

    async def gather_columns(self, events: EventColumns) -> None:
        """Add one batch that comes as columns."""
        if not events.count:
            return
        whose = {name: [value] * events.count for name, value in self.names.items()}
        await self._database.insert_columns("workload_staging", {**whose, **events.columns})
        self._gathered += events.count

    async def staged(self) -> Staged:
        """What is there; raises DependencyError when that is not what was sent."""
        found = Staged.model_validate((await self._database.rows(QUERIES["staged"], self.names))[0])
        expect(found.gathered, self._gathered, "gathered rows")
        return found

    async def known(self, staged: Staged) -> int:
        """How many of the events an earlier import has committed."""
        return int((await self._database.rows(QUERIES["already_there"], self._bounds(staged)))[0]["known"])

    async def move(self, staged: Staged) -> None:
        """Put the events that are new beside the others, each once."""
        several = staged.distinct_events < staged.gathered
        await self._database.run(QUERIES["move_distinct" if several else "move"], self._bounds(staged))

    async def moved(self) -> Moved:
        """What lies beside the others."""
        return Moved.model_validate((await self._database.rows(QUERIES["moved"], self.names))[0])

    async def forget(self) -> None:
        """Remove what was gathered."""
        await self._database.run(QUERIES["forget_staging"], {"import_id": str(self._import_id)})

    def _bounds(self, staged: Staged) -> dict[str, Parameter]:
        return {**self.names, "first_at": timestamp(staged.first_at), "last_at": timestamp(staged.last_at)}


def expect(found: int, expected: int, what: str) -> None:
    """Raise DependencyError unless ClickHouse holds what was sent."""
    if found != expected:
        raise DependencyError(
            f"ClickHouse holds {found} {what} of this import, {expected} were sent; nothing was imported",
            where="clickhouse",
            hint="import the file again",
        )
