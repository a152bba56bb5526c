"""Runs as their owner sees them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from netra.auth.principal import Principal
from netra.errors import NotFoundError
from netra.runs.log import QUERIES
from netra.stores.database import Executor


class RunView(BaseModel):
    """One run: where it belongs, how it stands, how far its log goes."""

    model_config = ConfigDict(frozen=True)

    run_id: UUID
    thread_id: UUID
    message_id: UUID
    status: Literal["queued", "running", "completed", "failed", "cancelled"]
    reason: str
    attempt: int
    last_seq: int
    revision: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    deadline_at: datetime
    """Stands still while the run waits for an approval."""
    waiting_until: datetime | None = None
    """Until when its owner may decide what it waits for; None while it waits for nobody."""


async def get(database: Executor, principal: Principal, run_id: UUID) -> RunView:
    """The run, or NotFoundError when there is none or it is someone else's."""
    row = await database.fetchrow(QUERIES["view"], run_id, principal.user_id)
    if row is None:
        raise NotFoundError("no such run", where="run_id")
    return RunView.model_validate(dict(row.items()))
