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
    Event,
    EventData,
    RunCancelledData,
)
from netra.runs.frames import Frame, Place, Said, frames, stored
from netra.runs.legible import legible
from netra.runs.publisher import Publisher
from netra.runs.standing import Standing, standing
from netra.stores.database import Executor
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
        said, bodies = legible(said)
        end = ending(said[-1].data)
        kinds = [TYPE_OF[type(data)] for _, data in said]
        began = time.perf_counter()
        row = await self._database.fetchrow(
            QUERIES["append"],
            run_id,
            attempt,
            after,
            kinds,
            [agent for agent, _ in said],
            bodies,
            *end,
        )
        if row is None:
            APPENDS_REFUSED.add()
            raise ConflictError(
                f"attempt {attempt} may not write: a newer one exists or the run has ended", where=f"run {run_id}"
            )
        told.appended(kinds, time.perf_counter() - began)
        if end.status is not None:
            told.ended(end.status, end.reason or "")
        made = frames(Place(run_id, row["thread_id"], row["first_seq"], row["at"]), said, bodies)
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
