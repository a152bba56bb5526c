"""End a run because its owner or an operator says so."""

from typing import Literal
from uuid import UUID

from netra.events.union import RunCancelledData
from netra.runs.frames import Place, Said, frames
from netra.runs.log import QUERIES
from netra.runs.patience import untangled
from netra.runs.publisher import Publisher
from netra.stores.database import Executor
from netra.telemetry import runs as told

Outcome = Literal["cancelled", "requested", "ended"]
"""It ended now; its worker was told and ends it within a second; it had ended before."""


async def request(database: Executor, publisher: Publisher, run_id: UUID, *, by: str) -> Outcome:
    """Ask for the end of a run; whether the caller may is decided before."""
    row = await untangled(lambda: database.fetchrow(QUERIES["cancel"], run_id, by))
    if row is None or row["outcome"] == "ended":
        return "ended"
    if row["outcome"] == "requested":
        return "requested"
    told.ended("cancelled", "cancelled")
    data = RunCancelledData(by=by)
    place = Place(run_id, row["thread_id"], row["first_seq"], row["at"])
    publisher.publish(run_id, frames(place, [Said("run", data)], [data.model_dump_json()]))
    return "cancelled"
