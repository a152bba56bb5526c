"""The runs of one thread with what they said, pieces of the answer left out: the answer is a message."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from netra.auth.principal import Principal
from netra.events.union import Event
from netra.runs.frames import Place, stored
from netra.stores.database import Executor
from netra.stores.queries import load

QUERIES = load("netra.runs", "sql/of_thread.sql")


class ThreadRun(BaseModel):
    """How one run of the thread stands."""

    model_config = ConfigDict(frozen=True)

    run_id: UUID
    status: Literal["queued", "running", "completed", "failed", "cancelled"]
    reason: str
    created_at: datetime
    finished_at: datetime | None


class ToldRun(ThreadRun):
    """A run with its events."""

    events: tuple[Event, ...]


async def runs_of(database: Executor, principal: Principal, thread_id: UUID) -> tuple[ThreadRun, ...]:
    """Every run of a thread of the principal, oldest first."""
    rows = await database.fetch(QUERIES["runs"], thread_id, principal.user_id)
    return tuple(ThreadRun.model_validate(dict(row.items())) for row in rows)


async def events_of(database: Executor, run_id: UUID) -> list[bytes]:
    """What the run said, each event as JSON."""
    rows = await database.fetch(QUERIES["events"], run_id)
    return [
        stored(Place(run_id, row["thread_id"], row["seq"], row["at"]), row["type"], row["agent"], row["data"]).json
        for row in rows
    ]
