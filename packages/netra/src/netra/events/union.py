"""The tagged union of everything a run can say; the discriminator is `type`."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

AgentName = str
ToolStatus = Literal["ok", "error", "unknown"]


class _Frozen(BaseModel):
    # Written exactly as documented, read from a newer revision's log too.
    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_extra={"additionalProperties": False})


class _Envelope(_Frozen):
    seq: int = Field(ge=1)
    """Gapless from 1 within the run."""
    run_id: UUID
    thread_id: UUID
    agent: AgentName
    """The agent that speaks; `run` for facts about the run itself."""
    at: datetime


class ModelCall(_Frozen):
    """One language model that was asked for an answer, or passed over; its tries count as one call."""

    model: str
    provider: str
    outcome: Literal["answered", "cached", "failed", "skipped"]
    """`skipped`: its provider kept failing and is left alone for a while."""
    reason: str = ""
    """Of its last failure."""
    tries: int = Field(default=1, ge=0)
    ms: float = Field(default=0, ge=0)


class Budget(_Frozen):
    """A limit of the principal's plan that is used up."""

    name: Literal["tokens_per_day", "cost_usd_per_day"]
    limit: float
    used: float
    resets_at: datetime


class RunQueuedData(_Frozen):
    """The run was accepted and is durable."""

    message_id: UUID


class AgentStartedData(_Frozen):
    """An agent takes the run."""

    task: str


class AgentThinkingData(_Frozen):
    """What the agent is about to do, in words for the person who watches."""

    text: str
    step: int = Field(ge=1)
    failed: tuple[ModelCall, ...] = ()
    """Models that did not answer, when another one is asked instead."""


class ToolExecutingData(_Frozen):
    """A tool call begins."""

    call_id: str
    tool: str
    arguments: dict[str, JsonValue]


class QueryRun(_Frozen):
    """One statement that a tool had the database answer: where its numbers come from."""

    name: str
    """Of the statement among netra's own; `sql` for one that was asked as SQL."""
    sql: str
    """As it was sent, with named parameters."""
    parameters: dict[str, JsonValue]
    rows: int = Field(ge=0)
    """In its answer."""
    ms: float = Field(ge=0)


class ToolCompletedData(_Frozen):
    """A tool call ended; `unknown` means its worker died before it could say how."""

    call_id: str
    tool: str
    status: ToolStatus
    result: JsonValue = None
    error: str = ""
    ms: float = Field(ge=0)
    queries: tuple[QueryRun, ...] = ()
    """Every statement that was answered for this call, in order."""


class AnswerDeltaData(_Frozen):
    """The next piece of the answer."""

    text: str


class AgentCompletedData(_Frozen):
    """An agent is done; `final` marks the run's terminal event and carries the whole answer."""

    result: dict[str, JsonValue]
    final: bool = False
    answer: str = ""
    ms: float = Field(ge=0)
    models: tuple[ModelCall, ...] = ()
    """Every language model that was asked in this turn since its worker took it, in order."""


class AgentFailedData(_Frozen):
    """The run ends without an answer; `reason` is machine-readable."""

    reason: str
    message: str
    component: str = ""
    """Which dependency failed, if one did: postgres, valkey, clickhouse, llm."""
    retryable: bool = False
    models: tuple[ModelCall, ...] = ()
    """Every language model that was asked for the missing answer, in order."""
    budget: Budget | None = None
    """With reason `budget_exceeded`: which."""


class AgentHandoffData(_Frozen):
    """An agent passes the run to another."""

    to: AgentName
    reason: str
    then: tuple[AgentName, ...] = ()
    """Who is meant to follow, in order."""
    failed: AgentFailedData | None = None
    """Why the agent that passes the run on could not finish, when it could not: it has no result then."""


class ApprovalRequestedData(_Frozen):
    """A call would change something: the run waits, without a worker, until its owner decides or time runs out."""

    call_id: str
    tool: str
    arguments: dict[str, JsonValue]
    why: str
    expires_at: datetime
    """Not decided by then, it is refused."""


class ApprovalDecidedData(_Frozen):
    """The call may be made, or not."""

    call_id: str
    approved: bool
    by: str
    """`owner`; or, of a refusal that nobody spoke, `expiry` or `end of run`."""
    note: str = ""


class RunCancelledData(_Frozen):
    """The run was stopped by its owner or an operator."""

    by: str
    reason: str = ""


class RunQueued(_Envelope):
    """See `RunQueuedData`."""

    type: Literal["run_queued"] = "run_queued"
    data: RunQueuedData


class AgentStarted(_Envelope):
    """See `AgentStartedData`."""

    type: Literal["agent_started"] = "agent_started"
    data: AgentStartedData


class AgentThinking(_Envelope):
    """See `AgentThinkingData`."""

    type: Literal["agent_thinking"] = "agent_thinking"
    data: AgentThinkingData


class ToolExecuting(_Envelope):
    """See `ToolExecutingData`."""

    type: Literal["tool_executing"] = "tool_executing"
    data: ToolExecutingData


class ToolCompleted(_Envelope):
    """See `ToolCompletedData`."""

    type: Literal["tool_completed"] = "tool_completed"
    data: ToolCompletedData


class AnswerDelta(_Envelope):
    """See `AnswerDeltaData`."""

    type: Literal["answer_delta"] = "answer_delta"
    data: AnswerDeltaData


class AgentHandoff(_Envelope):
    """See `AgentHandoffData`."""

    type: Literal["agent_handoff"] = "agent_handoff"
    data: AgentHandoffData


class ApprovalRequested(_Envelope):
    """See `ApprovalRequestedData`."""

    type: Literal["approval_requested"] = "approval_requested"
    data: ApprovalRequestedData


class ApprovalDecided(_Envelope):
    """See `ApprovalDecidedData`."""

    type: Literal["approval_decided"] = "approval_decided"
    data: ApprovalDecidedData


class AgentCompleted(_Envelope):
    """See `AgentCompletedData`."""

    type: Literal["agent_completed"] = "agent_completed"
    data: AgentCompletedData


class AgentFailed(_Envelope):
    """See `AgentFailedData`."""

    type: Literal["agent_failed"] = "agent_failed"
    data: AgentFailedData


class RunCancelled(_Envelope):
    """See `RunCancelledData`."""

    type: Literal["run_cancelled"] = "run_cancelled"
    data: RunCancelledData


Event = Annotated[
    RunQueued
    | AgentStarted
    | AgentThinking
    | ToolExecuting
    | ToolCompleted
    | AnswerDelta
    | AgentHandoff
    | ApprovalRequested
    | ApprovalDecided
    | AgentCompleted
    | AgentFailed
    | RunCancelled,
    Field(discriminator="type"),
]

EventData = (
    RunQueuedData
    | AgentStartedData
    | AgentThinkingData
    | ToolExecutingData
    | ToolCompletedData
    | AnswerDeltaData
    | AgentHandoffData
    | ApprovalRequestedData
    | ApprovalDecidedData
    | AgentCompletedData
    | AgentFailedData
    | RunCancelledData
)

EVENTS: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads and writes one event: `EVENTS.validate_python(row)`, `EVENTS.dump_json(event)`."""

TYPE_OF: dict[type[EventData], str] = {
    RunQueuedData: "run_queued",
    AgentStartedData: "agent_started",
    AgentThinkingData: "agent_thinking",
    ToolExecutingData: "tool_executing",
    ToolCompletedData: "tool_completed",
    AnswerDeltaData: "answer_delta",
    AgentHandoffData: "agent_handoff",
    ApprovalRequestedData: "approval_requested",
    ApprovalDecidedData: "approval_decided",
    AgentCompletedData: "agent_completed",
    AgentFailedData: "agent_failed",
    RunCancelledData: "run_cancelled",
}


def is_terminal(event: Event) -> bool:
    """Whether this event ends its run."""
    match event:
        case AgentFailed() | RunCancelled():
            return True
        case AgentCompleted():
            return event.data.final
        case _:
            return False
