"""Routes of runs: how one stands, its events as they happen, and its end on request."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response, status
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from netra.errors import ConflictError
from netra.events.union import Event
from netra.runs import cancel, read
from netra.runs.approvals import LONGEST_NOTE, CallId, Decision, decide
from netra.runs.log import read_frames
from netra.runs.read import RunView
from netra.telemetry.instruments import STREAMS_OPEN
from netra.web.access import Allowed, Approver, Caller, Here
from netra.web.errors import OWNED, documented
from netra.web.services import Services
from netra.web.sse import HEADERS, KEEP_ALIVE, OPENING, block, paced

router = APIRouter(prefix="/api/runs", tags=["runs"])
LARGEST_SEQ = 2**31 - 1
Seen = Annotated[int, Header(alias="Last-Event-ID", ge=0, le=LARGEST_SEQ)]
STREAM = {
    200: {
        "model": list[Event],
        "description": "The events: as a stream, or with stream=false those that exist, as a list.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    204: {"description": "The run has ended and the caller has all of its events; a browser stops reconnecting."},
}


class Wanted(BaseModel):
    """Which events, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: int = Field(default=0, ge=0, le=LARGEST_SEQ, description="The last seq the caller has.")
    stream: bool = Field(default=True, description="False: answer at once with the events that exist, as a list.")


class CancelAnswer(BaseModel):
    """What became of the request to end a run."""

    model_config = ConfigDict(frozen=True)

    run_id: UUID
    outcome: Literal["cancelled", "requested", "ended"]


class ApprovalWanted(BaseModel):
    """What the owner says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approved: bool
    note: str = Field(default="", max_length=LONGEST_NOTE, description="For the agent, and for the record.")


class Approved(BaseModel):
    """The decision holds."""

    model_config = ConfigDict(frozen=True)

    run_id: UUID
    call_id: str
    approved: bool
    repeated: bool = Field(description="It had been decided so before.")


@router.get("/{run_id}", responses=OWNED)
async def get_run(run_id: UUID, caller: Caller, here: Here) -> RunView:
    """How one of the caller's runs stands."""
    return await read.get(here.pool, caller, run_id)


@router.post("/{run_id}/cancel", status_code=status.HTTP_202_ACCEPTED, responses=OWNED)
async def cancel_run(run_id: UUID, caller: Caller, here: Here) -> CancelAnswer:
    """End a run: now if it waits, within a second if it runs."""
    await read.get(here.pool, caller, run_id)
    outcome = await cancel.request(here.pool, here.publisher, run_id, by="owner")
    return CancelAnswer(run_id=run_id, outcome=outcome)


@router.post("/{run_id}/approvals/{call_id}", responses=OWNED | documented(ConflictError))
async def decide_approval(
    run_id: UUID, call_id: CallId, wanted: ApprovalWanted, caller: Approver, here: Here
) -> Approved:
    """Approve or refuse the call that a run waits with; the run goes on at once. Sent again, it changes nothing."""
    decision = Decision(call_id=call_id, approved=wanted.approved, note=wanted.note)
    held = await decide(here.pool, here.publisher, caller, run_id, decision)
    return Approved(run_id=run_id, call_id=call_id, approved=wanted.approved, repeated=held.repeated)


@router.get("/{run_id}/events", response_model=None, responses=OWNED | STREAM)
async def get_events(
    run_id: UUID, caller: Allowed, here: Here, wanted: Annotated[Wanted, Query()], last_event_id: Seen = 0
) -> Response:
    """The run's events after a seq, as they happen, until its terminal one."""
    run = await read.get(here.pool, caller.principal, run_id)
    seen = max(wanted.after, last_event_id)
    if not wanted.stream:
        frames = await read_frames(here.pool, run_id, seen)
        return Response(b"[" + b",".join(f.json for f in frames) + b"]", media_type="application/json")
    if run.finished_at is not None and seen >= run.last_seq:
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    return StreamingResponse(
        _blocks(here, caller.session, run_id, seen), media_type="text/event-stream", headers=HEADERS
    )


async def _blocks(here: Services, session: UUID, run_id: UUID, after: int) -> AsyncGenerator[bytes]:
    STREAMS_OPEN.add(1)
    ended = asyncio.Event()
    try:
        with here.identity.standing.watched(session, ended.set):
            yield OPENING
            async for frame in paced(here.feed.frames(run_id, after), here.timeouts.heartbeat_s, here.closing, ended):
                yield block(frame) if frame else KEEP_ALIVE
    finally:
        STREAMS_OPEN.add(-1)
