"""A run's course: agent after agent; one that fails passes the run to reporting, which runs in every case."""

import logging

from netra.agents import flow
from netra.errors import ConflictError, NetraError
from netra.events.union import AgentFailedData, AgentHandoffData, AgentStartedData, ToolCompletedData
from netra.runs.approvals import ParkedError
from netra.runs.calls import settle
from netra.runs.closing import INTERNAL, failure
from netra.runs.parts import Attempt
from netra.runs.turn import BrokenBrainError, take_turn

LOG = logging.getLogger(__name__)


async def perform(attempt: Attempt) -> None:
    """Execute from wherever the run stands to its last event; raises what reporting itself fails with."""
    settled = False
    while not attempt.state.ended:
        try:
            if not settled:
                settled = True
                await settle(attempt)
            await take_turn(attempt)
        except (ConflictError, ParkedError, BrokenBrainError):
            raise
        except NetraError as error:
            if not await _passed_on(attempt, failure(error)):
                raise
        except Exception:
            if not await _passed_on(attempt, INTERNAL):
                raise
            LOG.exception("%s failed unexpectedly in run %s", attempt.state.current, attempt.claim.run_id)


async def _passed_on(attempt: Attempt, failed: AgentFailedData) -> bool:
    """Have reporting tell what there is; False when it is reporting that failed, or nobody's turn."""
    state, writer = attempt.state, attempt.writer
    agent = attempt.parts.roster.get(state.current)
    follower = flow.after_failure(state.current)
    if agent is None or follower is None:
        return False
    if not state.turn(agent.name).started:
        await writer.say(agent.name, AgentStartedData(task=agent.task))
    cut = [
        ToolCompletedData(call_id=call.call_id, tool=call.tool, status="unknown", error=failed.message, ms=0)
        for speaker, call in state.open_calls()
        if speaker == agent.name
    ]
    reason = f"{follower.reason}: {failed.message}"
    await writer.say(agent.name, *cut, AgentHandoffData(to=follower.to, reason=reason, then=(), failed=failed))
    return True
