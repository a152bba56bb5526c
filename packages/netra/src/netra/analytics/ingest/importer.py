"""A usage file into a tenant's data: every row is imported, already there, or a named reject."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from netra.analytics.database import Database
from netra.analytics.events import Identities, UsageEvent
from netra.analytics.ingest.columns import KNOWN, resolve
from netra.analytics.ingest.commit import BATCH, Committed, Import
from netra.analytics.ingest.formats import FormatName, chosen
from netra.analytics.ingest.packed import UsageFile
from netra.analytics.ingest.parse import Reading, parse
from netra.analytics.ingest.rejects import RejectsFile, rejects_path
from netra.analytics.ingest.rows import Batched, EventColumns, Reject, Row, Source
from netra.analytics.ingest.sources import open_source
from netra.analytics.pricing import PriceCatalogue
from netra.analytics.scope import Frozen
from netra.errors import InvalidError
from netra.stores.waiting import end

FIELDS: Mapping[str, str] = {name: f"={name}" for name in KNOWN}
"""Where a format's fields stand among a row's columns, apart from each of them."""
NAMED = 20
"""Rejects named in the summary; all of them are in the rejects file."""

Events = list[tuple[UUID, UsageEvent]]
Progress = Callable[[float, int], None]
"""Receives the share of the file that is read, and the rows so far."""


@dataclass(frozen=True, kw_only=True)
class ImportRequest:
    """Which file to import for whom, and how to read it."""

    tenant_id: UUID
    path: Path
    columns: Mapping[str, str]
    """Column by field, where the names do not say it."""
    format: FormatName = "auto"
    workload: str = ""
    """Of rows that name none; the file's name without its ending by default."""
    model: str = ""
    dimensions: tuple[str, ...] = ()
    source: str = ""
    """Files of different sources never share an event, however equal their rows are."""
    rejects: Path | None = None
    most_bytes: int = 0
    """How much may come out of a file that is packed; 0: any amount."""

    @property
    def file(self) -> UsageFile:
        """The file itself."""
        return UsageFile(self.path, self.most_bytes)

    @property
    def rejects_path(self) -> Path:
        """Where rejected rows go."""
        return self.rejects or rejects_path(self.file.plain)


class NamedReject(Frozen):
    """A rejected row."""

    line: int
    reason: str


class ImportSummary(Frozen):
    """What became of every row: `rows` = imported + already_there + rejected + skipped."""

    file: str
    tenant_id: UUID
    workload: str
    format: str
    columns: dict[str, str]
    """Column by field; empty when the format says it."""
    rows: int
    imported: int
    already_there: int
    rejected: int
    skipped: int
    """Rows of the export that are no calls of a model."""
    unpriced: int
    """Of the rows read well: without a known price, so their cost is unknown, not 0."""
    rejects: tuple[NamedReject, ...]
    """The first 20."""
    rejects_file: str | None
    import_id: UUID


def silent(share: float, rows: int) -> None:
    """Report progress to nobody."""
    del share, rows


async def import_file(database: Database, request: ImportRequest, progress: Progress = silent) -> ImportSummary:
    """Import the file; when anything fails, nothing of it is visible."""
    source = open_source(request.file)
    work = Import(database, request.tenant_id, request.path.name)
    try:
        reader = _Reader(request, source)
        await work.begin()
        with RejectsFile(request.rejects_path, source.columns) as rejects:
            await _gather(work, reader.batches(rejects), lambda: progress(source.done(), reader.rows))
        committed = await work.commit()
    finally:
        source.close()
    return reader.summary(committed)


async def _gather(work: Import, batches: Iterator[Events | EventColumns], told: Callable[[], None]) -> None:
    """Read a batch in a thread while ClickHouse takes the one before."""
    taking: asyncio.Task[None] | None = None
    try:
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            if taking is not None:
                await taking
            taking = asyncio.create_task(work.gather(batch))
            told()
        if taking is not None:
            await taking
    finally:
        if taking is not None:
            await end(taking)


class _Reader:
    """Turns the rows of one file into events and counts what became of them."""

    def __init__(self, request: ImportRequest, source: Source) -> None:
        self._request = request
        unknown = [name for name in request.dimensions if name not in source.columns]
        if unknown:
            raise InvalidError(f"there is no column {', '.join(unknown)}", where="--dimension")
        self._format = chosen(request.format, source.columns, request.columns)
        self._reading = Reading(
            columns=FIELDS if self._format else resolve(source.columns, request.columns),
            workload=request.workload or request.file.plain.stem,
            model=request.model,
            dimensions=request.dimensions,
        )
        self._source = source
        self._identities = Identities(request.tenant_id, request.source)
        self._prices = PriceCatalogue()
        self._rejected = 0
        self._skipped = 0
        self._named: list[NamedReject] = []
        self.rows = 0

    def batches(self, rejects: RejectsFile) -> Iterator[Events | EventColumns]:
        """Every event; rejects on the way are written down."""
        if not isinstance(self._source, Batched) or self._format:
            yield from self._events(self._source.rows(), rejects)
            return
        for batch in self._source.batches():
            columns = batch.events(self._reading, self._prices, self._identities)
            if columns is None:
                yield from self._events(batch.rows(), rejects)
            else:
                self.rows += columns.count
                yield columns

    def _events(self, rows: Iterator[Row | Reject], rejects: RejectsFile) -> Iterator[Events]:
        events: Events = []
        for row in rows:
            self.rows += 1
            outcome = self._event(row)
            match outcome:
                case Reject():
                    self._reject(outcome, rejects)
                case None:
                    self._skipped += 1
                case _:
                    events.append(outcome)
            if len(events) == BATCH:
                yield events
                events = []
        yield events

    def _event(self, row: Row | Reject) -> tuple[UUID, UsageEvent] | Reject | None:
        if isinstance(row, Reject):
            return row
        values = self._values(row.values)
        if values is None:
            return None
        parsed = parse(values, self._reading, self._prices)
        if isinstance(parsed, str):
            return Reject(number=row.number, reason=parsed, cells=row.values)
        if parsed.event_id:
            kind = self._format.name if self._format else ""
            return self._identities.named(kind, parsed.event_id), parsed.event
        return self._identities.of(parsed.event, parsed.stated_cost), parsed.event

    def _values(self, values: Mapping[str, object]) -> Mapping[str, object] | None:
        """The row as the reading wants it: its own columns, and what the format makes of them."""
        if self._format is None:
            return values
        fields = self._format.fields(values)
        return None if fields is None else {**values, **{FIELDS[name]: value for name, value in fields.items()}}

    def _reject(self, reject: Reject, rejects: RejectsFile) -> None:
        rejects.write(reject)
        self._rejected += 1
        if len(self._named) < NAMED:
            self._named.append(NamedReject(line=reject.number, reason=reject.reason))

    def summary(self, committed: Committed) -> ImportSummary:
        """What became of every row."""
        request = self._request
        return ImportSummary(
            file=str(request.path),
            tenant_id=request.tenant_id,
            workload=self._reading.workload,
            format=self._format.name if self._format else "columns",
            columns={} if self._format else dict(self._reading.columns),
            rows=self.rows,
            imported=committed.imported,
            already_there=committed.already_there,
            rejected=self._rejected,
            skipped=self._skipped,
            unpriced=committed.unpriced,
            rejects=tuple(self._named),
            rejects_file=str(request.rejects_path) if self._rejected else None,
            import_id=committed.import_id,
        )
