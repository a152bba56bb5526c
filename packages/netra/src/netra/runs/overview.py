"""Everybody's runs as an operator sees them: how they stand, and nothing of what they are about."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from netra.stores.database import Executor
from netra.stores.queries import load

QUERIES = load("netra.runs", "sql/overview.sql")
Status = Literal["queued", "running", "completed", "failed", "cancelled"]


class RunLine(BaseModel):
    """One run; `position` is the order in which runs were accepted."""

    model_config = ConfigDict(frozen=True)

    position: int
    run_id: UUID
    user_id: UUID
    tenant_id: UUID
    status: Status
    reason: str
    attempt: int
    revision: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    deadline_at: datetime


class RunPage(BaseModel):
    """Some runs, newest first."""

    model_config = ConfigDict(frozen=True)

    runs: tuple[RunLine, ...]
    next_before: int | None
    """Give it as `before` for the page after; None on the last one."""


async def page(
    database: Executor, *, before: int | None, status: Status | None, user_id: UUID | None, limit: int
) -> RunPage:
    """The next runs, newest first."""
    rows = await database.fetch(QUERIES["page"], before, status, user_id, limit + 1)
    runs = tuple(RunLine.model_validate(dict(row.items())) for row in rows[:limit])
    return RunPage(runs=runs, next_before=runs[-1].position if len(rows) > limit else None)
