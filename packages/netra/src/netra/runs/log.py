"""The event log of runs: fenced appends, then publication, and reading back."""

import time
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from pydantic import ValidationError

from netra.errors import ConflictError, NetraError
from netra.events.union import (
    EVENTS,
    TYPE_OF,
    AgentCompletedData,
    AgentFailedData,
    ApprovalRequestedData,
    Event,
    EventData,
    RunCancelledData,
)
from netra.runs.frames import Frame, Place, Said, frames, stored
from netra.runs.legible import legible
from netra.runs.publisher import Publisher
from netra.runs.standing import Standing, standing
from netra.stores.database import Executor, Record
from netra.stores.queries import load
from netra.telemetry import runs as told
from netra.telemetry.instruments import APPENDS_REFUSED

QUERIES = load("netra.runs", "sql/runs.sql")


class UnreadableLogError(NetraError):
    """The log holds an event of another revision, which this one cannot go on from."""


class Ending(NamedTuple):
    """What a terminal event makes of its run's row; `answer` becomes the assistant's message."""

    status: str | None = None
    reason: str | None = None
    answer: str | None = None


def ending(data: EventData) -> Ending:
    """The end this event brings; nothing for one that is not terminal."""
    match data:
        case AgentFailedData():
            return Ending("failed", data.reason)
        case RunCancelledData():
            return Ending("cancelled", "cancelled")
        case AgentCompletedData(final=True):
            return Ending("completed", "", data.answer)
        case _:
            return Ending()


class Fence(NamedTuple):
    """In whose name something is written."""

    run_id: UUID
    attempt: int


class Asked(NamedTuple):
    """A request for approval, and the agent that makes it."""

    agent: str
    data: ApprovalRequestedData


class _Batch(NamedTuple):
    """What one append writes."""

    said: list[Said]
    bodies: list[str]
    kinds: list[str]

    @property
    def columns(self) -> tuple[list[str], list[str], list[str]]:
        """Types, agents and data."""
        return self.kinds, [agent for agent, _ in self.said], self.bodies


def _batch(said: Sequence[Said]) -> _Batch:
    fit, bodies = legible(said)
    return _Batch(fit, bodies, [TYPE_OF[type(data)] for _, data in fit])


class EventLog:
    """Appends to and reads the logs of runs; what was appended is then published."""

    def __init__(self, database: Executor, publisher: Publisher) -> None:
        """Write to this database, hand on through this publisher."""
        self._database = database
        self._publisher = publisher

    async def append(
        self, run_id: UUID, attempt: int, said: Sequence[Said], *, after: int | None = None
    ) -> list[Frame]:
        """Append in one round trip and publish; a terminal event, which must be last, also ends the run's row.

        `after` is the last seq the writer knows; with it the same append may be sent again after a lost answer.
        Raises ConflictError when this attempt may not write any more.
        """
        batch = _batch(said)
        end = ending(batch.said[-1].data)
        began = time.perf_counter()
        row = await self._database.fetchrow(QUERIES["append"], run_id, attempt, after, *batch.columns, *end)
        made = self._written(Fence(run_id, attempt), batch, row, began)
        if end.status is not None:
            told.ended(end.status, end.reason or "")
        return made

    async def park(self, fence: Fence, said: Sequence[Said], asked: Asked, *, after: int) -> list[Frame]:
        """Append and, by the same statement, let go of the run until what it asks for is decided or time is up.

        Raises ConflictError when this attempt may not write any more.
        """
        batch = _batch([*said, Said(*asked)])
        began = time.perf_counter()
        row = await self._database.fetchrow(
            QUERIES["park"], *fence, after, *batch.columns, asked.data.call_id, asked.data.expires_at
        )
        return self._written(fence, batch, row, began)

    def _written(self, fence: Fence, batch: _Batch, row: Record | None, began: float) -> list[Frame]:
        run_id, attempt = fence
        if row is None:
            APPENDS_REFUSED.add()
            raise ConflictError(
                f"attempt {attempt} may not write: a newer one exists or the run has ended", where=f"run {run_id}"
            )
        told.appended(batch.kinds, time.perf_counter() - began)
        made = frames(Place(run_id, row["thread_id"], row["first_seq"], row["at"]), batch.said, batch.bodies)
        self._publisher.publish(run_id, made)
        return made

    async def read(self, run_id: UUID, after: int = 0) -> list[Event]:
        """The log after that seq; raises UnreadableLogError for what this revision does not know."""
        frames = await read_frames(self._database, run_id, after)
        try:
            return [EVENTS.validate_json(frame.json) for frame in frames]
        except ValidationError as error:
            wrong = f"{error.error_count()} errors, the first: {error.errors(include_input=False)[0]['msg']}"
            raise UnreadableLogError(wrong, where=f"run {run_id}") from error

    async def standing(self, run_id: UUID) -> Standing:
        """How far the log goes, whoever wrote it."""
        return standing(await self._database.fetch(QUERIES["read"], run_id, 0))


async def read_frames(database: Executor, run_id: UUID, after: int) -> list[Frame]:
    """The log after that seq, ready to be sent."""
    rows = await database.fetch(QUERIES["read"], run_id, after)
    return [
        stored(Place(run_id, row["thread_id"], row["seq"], row["at"]), row["type"], row["agent"], row["data"])
        for row in rows
    ]
