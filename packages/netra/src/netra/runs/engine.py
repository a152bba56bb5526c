"""Executes runs: from wherever their log stands to their terminal event, whatever happens on the way."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from netra.agents.memory import recall
from netra.errors import ConflictError, NetraError
from netra.events.union import AgentFailedData, RunCancelledData
from netra.runs.approvals import ParkedError
from netra.runs.closing import DEADLINE, INTERNAL, Last, end, failure
from netra.runs.course import perform
from netra.runs.leases import Claim
from netra.runs.memory import keep
from netra.runs.parts import Attempt, Parts
from netra.runs.patience import patient
from netra.runs.progress import Progress, progress
from netra.runs.writer import RunWriter
from netra.tools.registry import Tools

LOG = logging.getLogger(__name__)
MAX_ATTEMPTS = 5
"""A run whose workers died this often is what kills them."""


class Engine:
    """Executes claimed runs; any number of them at once."""

    def __init__(self, parts: Parts) -> None:
        """Execute with these parts."""
        self._parts = parts

    async def execute(self, claim: Claim) -> None:
        """Bring the run to its end; stops quietly when it belongs to another worker by now."""
        try:
            last = await self._attempt(claim)
        except ParkedError as parked:
            LOG.info("run %s waits for the approval of call %s", claim.run_id, parked)
            return
        except ConflictError:
            LOG.warning("run %s is not mine any more; attempt %d stops", claim.run_id, claim.attempt)
            return
        if last is not None:
            await self.end(claim, last)

    async def end(self, claim: Claim, last: Last) -> None:
        """End the run early."""
        ended = await patient(
            f"the end of run {claim.run_id}", lambda: end(self._parts.log, claim.run_id, claim.attempt, last)
        )
        if ended:
            LOG.info("run %s ended early: %s", claim.run_id, last.reason or last)

    async def _attempt(self, claim: Claim) -> Last | None:
        """Execute; returns how to end a run that did not get to its end by itself."""
        if claim.cancel_requested_by:
            return RunCancelledData(by=claim.cancel_requested_by)
        if claim.attempt - claim.parks > MAX_ATTEMPTS:
            message = f"{MAX_ATTEMPTS} workers were lost while they executed this run"
            return AgentFailedData(reason="attempts_exhausted", message=message)
        return await _ending(claim, lambda: self._performed(claim))

    async def _performed(self, claim: Claim) -> Last | None:
        attempt = await self._prepare(claim)
        try:
            last = await _ending(claim, lambda: _within_deadline(attempt))
            # What was said before the end stands before it in the log, unless the database refuses that very thing.
            refused = await _ending(claim, attempt.writer.flush)
        finally:
            attempt.writer.stop()
        if attempt.state.ended:
            await keep(self._parts.pool, claim, attempt.memory, self._parts.shortener)
        return last or refused

    async def _prepare(self, claim: Claim) -> Attempt:
        log, timeouts = self._parts.log, self._parts.timeouts
        state = Progress(last_seq=claim.last_seq)
        if claim.last_seq > 1:
            state = progress(await patient(f"the log of run {claim.run_id}", lambda: log.read(claim.run_id)))
            LOG.info("run %s continues after seq %d as attempt %d", claim.run_id, state.last_seq, claim.attempt)
        writer = RunWriter(log, run_id=claim.run_id, attempt=claim.attempt, state=state, timeouts=timeouts)
        memory = recall(claim.history, claim.digest)
        tools = await self._tools(claim)
        return Attempt(parts=self._parts, claim=claim, state=state, tools=tools, memory=memory, writer=writer)

    async def _tools(self, claim: Claim) -> Tools:
        """Everybody's tools and the tenant's own; what is everybody's keeps its name."""
        if self._parts.toolbox is None:
            return self._parts.tools
        try:
            own = await self._parts.toolbox.of(claim.tenant_id)
        except NetraError as error:
            LOG.warning("run %s goes on without its tenant's own tools: %s", claim.run_id, error)
            return self._parts.tools
        return {**own, **self._parts.tools}


async def _ending(claim: Claim, work: Callable[[], Awaitable[Last | None]]) -> Last | None:
    """The work's own word, or how to end the run that it failed in."""
    try:
        return await work()
    except (ConflictError, ParkedError):
        raise
    except NetraError as error:
        return failure(error)
    except Exception:
        # The rim: whatever went wrong, the run gets its terminal event and the worker's log the cause.
        LOG.exception("run %s failed unexpectedly", claim.run_id)
        return INTERNAL


async def _within_deadline(attempt: Attempt) -> Last | None:
    deadline = asyncio.timeout(attempt.claim.seconds_left)
    try:
        async with deadline:
            await perform(attempt)
    except Exception as error:
        if isinstance(error, NetraError) or not deadline.expired():
            raise
        return DEADLINE
    return None
