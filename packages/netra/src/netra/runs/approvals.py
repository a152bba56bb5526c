"""Approvals: a call that would change something waits for the run's owner, and no worker waits with it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from netra.agents.steps import CallTool
from netra.auth.principal import Principal
from netra.errors import ConflictError, NotFoundError, ToolError
from netra.events.laws import RUN
from netra.events.union import ApprovalDecidedData, ApprovalRequestedData
from netra.runs.frames import Place, Said, frames
from netra.runs.legible import legible
from netra.runs.log import QUERIES
from netra.runs.parts import Attempt
from netra.runs.patience import untangled
from netra.runs.publisher import Publisher
from netra.stores.database import Executor

LONGEST_NOTE = 1000
MOST_REQUESTS = 10
CallId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
LATE = "nobody approved it in time"


class ParkedError(Exception):
    """The run was let go of until its owner decides; whoever executes it stops quietly."""


class Decision(BaseModel):
    """What the owner says to a request."""

    model_config = ConfigDict(frozen=True)

    call_id: CallId
    approved: bool
    note: str = Field(default="", max_length=LONGEST_NOTE)


class Decided(NamedTuple):
    """A decision that holds."""

    repeated: bool
    """It had been decided so before."""


async def ask_for(attempt: Attempt, agent: str, call_id: str, step: CallTool) -> None:
    """Ask the owner, and let go of the run.

    Raises ParkedError; or ToolError when the run has asked so often that nobody would read the next request.
    """
    if len(attempt.state.requests) >= MOST_REQUESTS:
        raise ToolError(f"the run has asked for {MOST_REQUESTS} approvals", where=step.tool)
    wait = timedelta(seconds=attempt.parts.timeouts.approval_s)
    tool = attempt.tools[step.tool]
    asked = ApprovalRequestedData(
        call_id=call_id,
        tool=step.tool,
        arguments=step.arguments,
        why=step.why or tool.description,
        expires_at=datetime.now(UTC) + wait,
    )
    await attempt.writer.park(agent, asked)
    raise ParkedError(call_id)


async def expire(attempt: Attempt) -> None:
    """Refuse what nobody decided: who has claimed the run again has it because the time is over."""
    late = [
        ApprovalDecidedData(call_id=asked.call_id, approved=False, by="expiry", note=LATE)
        for asked in attempt.state.undecided()
    ]
    if late:
        await attempt.writer.say(RUN, *late)
        await attempt.writer.flush()


async def decide(
    database: Executor, publisher: Publisher, principal: Principal, run_id: UUID, decision: Decision
) -> Decided:
    """Approve or refuse, as the run's owner; the run goes on at once. The same decision again changes nothing.

    Raises NotFoundError for what is not the caller's or was not asked for, ConflictError when it was decided otherwise
    or time is up.
    """
    data = ApprovalDecidedData(**decision.model_dump(), by="owner")
    said, bodies = legible([Said(RUN, data)])
    arguments = (run_id, principal.user_id, decision.call_id, decision.approved, bodies[0])
    row = await untangled(lambda: database.fetchrow(QUERIES["decide"], *arguments))
    match row["outcome"] if row else None:
        case "decided" if row:
            place = Place(run_id, row["thread_id"], row["first_seq"], row["at"])
            publisher.publish(run_id, frames(place, said, bodies))
            return Decided(repeated=False)
        case "repeated":
            return Decided(repeated=True)
        case "otherwise":
            raise ConflictError("it was decided otherwise", where="call_id")
        case "late":
            raise ConflictError("the run does not wait for this any more", where="call_id")
        case _:
            raise NotFoundError("no such request for approval", where="call_id")
