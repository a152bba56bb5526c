"""Collects what a run says and appends it in batches: at once where it must be durable, else within milliseconds."""

import asyncio
import logging
from uuid import UUID

from netra.events.union import AnswerDeltaData, ApprovalRequestedData, EventData
from netra.runs.frames import Said
from netra.runs.legible import legible
from netra.runs.log import Asked, EventLog, Fence
from netra.runs.patience import patient
from netra.runs.progress import Progress
from netra.settings.timeouts import Timeouts

LOG = logging.getLogger(__name__)


class RunWriter:
    """The one writer of a run's attempt; keeps `state` in step with what was said."""

    def __init__(self, log: EventLog, *, run_id: UUID, attempt: int, state: Progress, timeouts: Timeouts) -> None:
        """Append to this run in the name of this attempt."""
        self._log = log
        self._run_id = run_id
        self._attempt = attempt
        self._state = state
        self._timeouts = timeouts
        self._waiting: list[Said] = []
        self._bytes = 0
        self._lock = asyncio.Lock()
        self._soon: asyncio.Task[None] | None = None

    async def say(self, agent: str, *facts: EventData) -> None:
        """Add facts that belong together: one append holds all of them."""
        # Before anything reads it: who continues the run from its log must find what this worker went on from.
        said, _ = legible([Said(agent, data) for data in facts])
        for fact in said:
            self._state.take(*fact)
            self._add(fact)
        if self._bytes >= self._timeouts.delta_batch_bytes:
            await self.flush()
        elif self._soon is None or self._soon.done():
            self._soon = asyncio.create_task(self._flush_soon())

    async def flush(self) -> None:
        """Make durable all that was said. Raises ConflictError when this attempt may not write any more."""
        async with self._lock:
            if not self._waiting:
                return
            batch, self._waiting, self._bytes = self._waiting, [], 0
            try:
                await self._append(batch)
            except BaseException:
                self._waiting = [*batch, *self._waiting]
                raise

    async def park(self, agent: str, asked: ApprovalRequestedData) -> None:
        """Make durable all that was said and a request for approval, and let go of the run by the same append.

        Raises ConflictError when this attempt may not write any more.
        """
        async with self._lock:
            waiting, self._waiting, self._bytes = self._waiting, [], 0
            await patient(
                f"the parking of run {self._run_id}",
                lambda: self._log.park(
                    Fence(self._run_id, self._attempt), waiting, Asked(agent, asked), after=self._state.last_seq
                ),
            )

    def stop(self) -> None:
        """Write nothing more."""
        if self._soon is not None:
            self._soon.cancel()

    def _add(self, said: Said) -> None:
        last = self._waiting[-1] if self._waiting else None
        if isinstance(said.data, AnswerDeltaData):
            self._bytes += len(said.data.text)
            if last and last.agent == said.agent and isinstance(last.data, AnswerDeltaData):
                self._waiting[-1] = Said(said.agent, AnswerDeltaData(text=last.data.text + said.data.text))
                return
        self._waiting.append(said)

    async def _flush_soon(self) -> None:
        await asyncio.sleep(self._timeouts.delta_batch_s)
        try:
            await self.flush()
        except Exception as error:  # noqa: BLE001 - the run meets the same failure at its next flush and handles it
            LOG.debug("batch of run %s waits: %r", self._run_id, error)

    async def _append(self, batch: list[Said]) -> None:
        made = await patient(
            f"events of run {self._run_id}",
            lambda: self._log.append(self._run_id, self._attempt, batch, after=self._state.last_seq),
        )
        self._state.last_seq = made[-1].seq
