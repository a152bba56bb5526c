"""How runs end early: which events say why, and how they reach the log whatever state it is in."""

import logging
from uuid import UUID

from netra.errors import ConflictError, DependencyError, LLMError, NetraError
from netra.events.laws import RUN
from netra.events.union import AgentFailedData, ApprovalDecidedData, RunCancelledData, ToolCompletedData
from netra.llm.budgets import BudgetExceededError
from netra.llm.no_answer import NoAnswerError
from netra.runs.frames import Said
from netra.runs.log import EventLog, UnreadableLogError
from netra.runs.standing import Standing

LOG = logging.getLogger(__name__)
RETRYABLE = frozenset({"llm_rate_limited", "llm_overloaded", "llm_timeout", "llm_unreachable"})
TRIES = 3
"""An append that was cancelled on its way may still land between the reading of the log and its end."""

Last = AgentFailedData | RunCancelledData

DEADLINE = AgentFailedData(reason="deadline", message="the run did not end before its deadline", retryable=True)
UNREADABLE = AgentFailedData(
    reason="internal", message="another revision wrote to this run what the one that took it over cannot read"
)
INTERNAL = AgentFailedData(reason="internal", message="an unexpected error ended the run; the log of the worker has it")


def failure(error: NetraError) -> AgentFailedData:
    """The terminal event for an expected failure."""
    match error:
        case LLMError():
            retryable = error.reason in RETRYABLE
            calls = error.calls if isinstance(error, NoAnswerError) else ()
            return AgentFailedData(
                reason=error.reason, message=error.message, component="llm", retryable=retryable, models=calls
            )
        case UnreadableLogError():
            return UNREADABLE
        case BudgetExceededError():
            return AgentFailedData(reason=error.code, message=error.message, budget=error.budget)
        case DependencyError():
            return AgentFailedData(reason=error.code, message=error.message, component=error.where, retryable=True)
        case _:
            return AgentFailedData(reason=error.code, message=error.message)


def closing(state: Standing, last: Last) -> list[Said]:
    """The events that end a run from where it is: what is open gets its end, then the last word."""
    why = "the run was cancelled" if isinstance(last, RunCancelledData) else "the run ended before the tool"
    calls = [
        Said(agent, ToolCompletedData(call_id=call_id, tool=tool, status="unknown", error=why, ms=0))
        for agent, call_id, tool in state.calls.values()
    ]
    refused = ApprovalDecidedData(call_id="", approved=False, by="end of run", note=why)
    waits = [Said(RUN, refused.model_copy(update={"call_id": call_id})) for call_id in state.waiting]
    return [*calls, *waits, Said(state.speaker if isinstance(last, AgentFailedData) else RUN, last)]


async def end(log: EventLog, run_id: UUID, attempt: int, last: Last) -> bool:
    """End a run in the name of this attempt; False when it had ended or belongs to another by now."""
    seen = -1
    for _ in range(TRIES):
        state = await log.standing(run_id)
        if state.ended or state.last_seq == seen:
            return False
        seen = state.last_seq
        try:
            await log.append(run_id, attempt, closing(state, last), after=state.last_seq)
        except ConflictError:
            continue
        return True
    LOG.warning("run %s could not be ended by attempt %d", run_id, attempt)
    return False
