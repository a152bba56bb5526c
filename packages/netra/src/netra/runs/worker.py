"""Claims runs and executes them, as many at once as there are slots; keeps their leases, or lets go of them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from netra.events.union import RunCancelledData
from netra.runs import bell
from netra.runs.engine import Engine
from netra.runs.leases import Claim, Leases
from netra.settings.logs import correlated
from netra.settings.timeouts import Timeouts
from netra.stores.database import Pool
from netra.stores.postgres import FAILURES
from netra.stores.waiting import end, lasting, wait
from netra.telemetry.runs import Execution, executing

LOG = logging.getLogger(__name__)
POLL_S = 0.5
"""How late a run is noticed whose lease ran out, for nobody notifies of that, or whose notification was lost."""
GRACE_S = 5.0
"""When told to stop: how long runs may go on before they are left to another worker."""

Stop = Literal["", "cancelled", "lost", "shutdown"]


@dataclass(kw_only=True)
class _Running:
    """A run in a slot."""

    claim: Claim
    task: asyncio.Task[None] | None = None
    stop: Stop = ""
    by: str = ""
    halted: bool = False
    """The interruption arrived; what follows is its consequence and is left alone."""

    def halt(self, stop: Stop, by: str = "") -> None:
        """Interrupt it; said again until it arrives, for a library may swallow a cancellation."""
        if self.task is not None and not self.halted:
            if not self.stop:
                self.stop, self.by = stop, by
            self.task.cancel()


class Worker:
    """One process's share of all runs."""

    def __init__(self, pool: Pool, engine: Engine, leases: Leases, *, concurrency: int, timeouts: Timeouts) -> None:
        """Execute up to `concurrency` runs at once."""
        self._pool = pool
        self._engine = engine
        self._leases = leases
        self._concurrency = concurrency
        self._timeouts = timeouts
        self._running: dict[UUID, _Running] = {}
        self._stopping = False
        self._claimable = asyncio.Event()
        self._cancels = asyncio.Event()
        self._cancels_rung = 0
        self._claiming = asyncio.Lock()
        self._more = True
        """There may be runs that were not claimed for want of a slot; of all others somebody rings."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; then finish what is nearly done and hand over the rest."""
        tasks = [
            asyncio.create_task(lasting("bell", lambda: bell.listen(self._pool, self._callbacks()))),
            asyncio.create_task(lasting("claim", lambda: _forever(self._claim_once))),
            asyncio.create_task(lasting("renew", lambda: _forever(self._renew_once))),
        ]
        try:
            await stop.wait()
            self._stopping = True
            await self._wind_down()
        finally:
            await end(*tasks)

    def _callbacks(self) -> dict[str, Callable[[], None]]:
        return {bell.RUNS: self._claimable.set, bell.CANCEL: self._ring_cancels}

    def _ring_cancels(self) -> None:
        self._cancels_rung += 1
        self._cancels.set()

    async def _claim_once(self) -> None:
        # Cleared before the question is asked: a notification that arrives meanwhile is not lost.
        self._claimable.clear()
        async with self._claiming:
            free = 0 if self._stopping else self._concurrency - len(self._running)
            self._more = (await self._claim(free) if free else 0) == free
        if self._more and not self._stopping and len(self._running) < self._concurrency:
            self._claimable.set()
        await wait(self._claimable, POLL_S)

    async def _claim(self, free: int) -> int:
        rung = self._cancels_rung
        claims = await self._leases.claim(free)
        if claims and self._stopping:
            await self._leases.release(claims)
            return 0
        for claim in claims:
            self._start(claim)
        if rung != self._cancels_rung:
            # It may have been about one of these, of which nobody here knew yet.
            self._cancels.set()
        return len(claims)

    def _start(self, claim: Claim) -> None:
        if (before := self._running.get(claim.run_id)) is not None:
            before.halt("lost")
        running = _Running(claim=claim)
        self._running[claim.run_id] = running
        running.task = asyncio.create_task(self._execute(running), name=f"run {claim.run_id}")

    async def _execute(self, running: _Running) -> None:
        with correlated(**_ids(running.claim)), executing(_told(running.claim)):
            await self._carry_out(running)

    async def _carry_out(self, running: _Running) -> None:
        try:
            await self._execute_or_cancel(running)
        except FAILURES as error:
            # It keeps its lease until that runs out; then whoever reaches the database continues it.
            LOG.warning("run %s cannot be ended now: %s", running.claim.run_id, type(error).__name__)
        except Exception:
            # As above: the next attempt may know better, and their number is bounded.
            LOG.exception("run %s failed in a way that nobody foresaw", running.claim.run_id)
        finally:
            self._vacate(running)

    async def _execute_or_cancel(self, running: _Running) -> None:
        claim = running.claim
        try:
            await self._engine.execute(claim)
        except asyncio.CancelledError:
            running.halted = True
            if not running.stop:
                raise
        if running.halted and running.stop == "cancelled":
            await self._engine.end(claim, RunCancelledData(by=running.by))

    def _vacate(self, running: _Running) -> None:
        if self._running.get(running.claim.run_id) is running:
            del self._running[running.claim.run_id]
        if self._more:
            self._claimable.set()

    async def _renew_once(self) -> None:
        self._cancels.clear()
        held = list(self._running.values())
        if held:
            renewed = dict(await self._leases.renew([running.claim for running in held]))
            for running in held:
                by = renewed.get(running.claim.run_id)
                if by is None:
                    if not running.stop:
                        LOG.warning("run %s is not mine any more; its lease was lost", running.claim.run_id)
                    running.halt("lost")
                elif by:
                    running.halt("cancelled", by)
        await wait(self._cancels, self._timeouts.lease_renewal_s)

    async def _wind_down(self) -> None:
        with suppress(TimeoutError):
            # A claim that is under way gives back what it takes.
            async with asyncio.timeout(GRACE_S), self._claiming:
                pass
        tasks = [running.task for running in self._running.values() if running.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE_S)
        left = list(self._running.values())
        for running in left:
            running.halt("shutdown")
        await end(*(running.task for running in left if running.task is not None))
        if left:
            LOG.info("%d runs are left to another worker", len(left))
            with suppress(*FAILURES):
                await self._leases.release([running.claim for running in left])


def _ids(claim: Claim) -> dict[str, str]:
    ids = {"run_id": str(claim.run_id), "thread_id": str(claim.thread_id), "user_id": str(claim.user_id)}
    return ids | ({"request_id": claim.request_id} if claim.request_id else {})


def _told(claim: Claim) -> Execution:
    return Execution(
        run_id=str(claim.run_id),
        thread_id=str(claim.thread_id),
        attempt=claim.attempt,
        accepted_at=claim.accepted_at,
        traceparent=claim.traceparent,
    )


async def _forever(step: Callable[[], Awaitable[None]]) -> None:
    """Repeat; a database that does not serve is asked again."""
    while True:
        try:
            await step()
        except FAILURES as error:
            LOG.warning("the database does not serve the worker: %s", type(error).__name__)
            await asyncio.sleep(POLL_S)
