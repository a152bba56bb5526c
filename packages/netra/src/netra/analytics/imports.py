"""Files that are imported over HTTP: what PostgreSQL knows of each, so that any process can say how far it is."""

import gzip
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from pydantic import Field

from netra.analytics.ingest.importer import ImportSummary
from netra.analytics.scope import Frozen
from netra.errors import ConflictError, NotFoundError
from netra.stores.database import Executor
from netra.stores.queries import load

QUERIES = load("netra.analytics", "sql/imports.sql")
LISTED = 50
MOST_AT_ONCE = 5
"""Of one tenant; they run one after the other."""
LOST_S = 30.0
"""An import without a beat for this long has lost its process."""
LOST = "the server that imported it was stopped; import the file again"
REJECTS_BYTES = 8 * 1024 * 1024
"""Of the rejects so much is kept."""
WAIT_S = 3600.0

State = Literal["running", "done", "failed"]


class ImportState(Frozen):
    """How far an import is, and what became of its rows."""

    import_id: UUID
    filename: str
    state: State = Field(description="failed: nothing of the file was imported.")
    share: float = Field(description="How much of the file has been read, from 0 to 1.")
    rows: int
    imported: int
    already_there: int
    rejected: int = Field(description="Rows that could not be imported; `/rejects` has them with the reasons.")
    skipped: int = Field(description="Rows of an export that are no calls of a model.")
    error: str | None
    started_at: datetime
    ended_at: datetime | None


class Rejects(Frozen):
    """The file of rows that could not be imported."""

    name: str
    content: bytes


class Beginning(Frozen):
    """An import that is to begin."""

    import_id: UUID
    tenant_id: UUID
    user_id: UUID
    filename: str


async def begin(executor: Executor, beginning: Beginning) -> None:
    """Note that it begins; raises ConflictError when too many of the tenant are under way."""
    told = (beginning.import_id, beginning.tenant_id, beginning.user_id, beginning.filename)
    await _note_lost(executor, beginning.tenant_id)
    if await executor.fetchval(QUERIES["begin"], *told, MOST_AT_ONCE) is None:
        raise ConflictError(f"{MOST_AT_ONCE} imports are running", where="imports", hint="wait for the end of one")


async def listed(executor: Executor, tenant_id: UUID) -> tuple[ImportState, ...]:
    """The tenant's newest imports."""
    await _note_lost(executor, tenant_id)
    rows = await executor.fetch(QUERIES["page"], tenant_id, LISTED)
    return tuple(ImportState.model_validate(dict(row.items())) for row in rows)


async def one(executor: Executor, tenant_id: UUID, import_id: UUID) -> ImportState:
    """One import of the tenant; raises NotFoundError."""
    await _note_lost(executor, tenant_id)
    row = await executor.fetchrow(QUERIES["one"], tenant_id, import_id)
    if row is None:
        raise NotFoundError("there is no such import", where=str(import_id))
    return ImportState.model_validate(dict(row.items()))


async def rejects_of(executor: Executor, tenant_id: UUID, import_id: UUID) -> Rejects:
    """What of the import could not be imported; raises NotFoundError when there is nothing."""
    row = await executor.fetchrow(QUERIES["rejects"], tenant_id, import_id)
    if row is None or row["rejects"] is None:
        raise NotFoundError("this import rejected nothing", where=str(import_id))
    return Rejects(name=row["rejects_name"], content=gzip.decompress(row["rejects"]))


async def beat(executor: Executor, import_id: UUID) -> None:
    """Say that the import's process lives."""
    await executor.execute(QUERIES["beat"], import_id)


async def progressed(executor: Executor, import_id: UUID, share: float, rows: int) -> None:
    """Say how far it is."""
    await executor.execute(QUERIES["progress"], import_id, share, rows)


async def finished(executor: Executor, import_id: UUID, summary: ImportSummary) -> None:
    """Say what became of the rows."""
    counts = (summary.rows, summary.imported, summary.already_there, summary.rejected, summary.skipped)
    rejects, name = _kept(Path(summary.rejects_file)) if summary.rejects_file else (None, None)
    await executor.execute(QUERIES["done"], import_id, *counts, rejects, name)


async def failed(executor: Executor, import_id: UUID, error: str) -> None:
    """Say why nothing was imported; an import that has ended stays as it is."""
    await executor.execute(QUERIES["failed"], import_id, error)


@asynccontextmanager
async def locked(connection: Executor, tenant_id: UUID) -> AsyncGenerator[None]:
    """Wait for the tenant's import lock and hold it."""
    await connection.execute(QUERIES["lock"], tenant_id, timeout=WAIT_S)
    try:
        yield
    finally:
        await connection.execute(QUERIES["unlock"], tenant_id)


async def _note_lost(executor: Executor, tenant_id: UUID) -> None:
    await executor.execute(QUERIES["lost"], tenant_id, LOST, LOST_S)


def _kept(path: Path) -> tuple[bytes, str]:
    """The beginning of the file up to a whole line, compressed, and its name."""
    with path.open("rb") as file:
        content = file.read(REJECTS_BYTES)
        if file.read(1):
            content = content[: content.rfind(b"\n") + 1]
    return gzip.compress(content), path.name
