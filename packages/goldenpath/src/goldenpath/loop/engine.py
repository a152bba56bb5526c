"""The loop: deploy, judge, and on trouble repair and go round again until the golden path is green.

The engine writes typed events and never looks who listens. What it needs to know of the past is a fold of its journal,
so a loop that was killed goes on: a candidate left behind is withdrawn and its variables are deployed anew.
"""

import asyncio
from pathlib import Path
from typing import assert_never

from goldenpath.events import CycleStarted, LoopFinished, LoopStarted, RolledBack
from goldenpath.facts import Verdict
from goldenpath.loop.deploying import Deploying
from goldenpath.loop.journal import Journal
from goldenpath.loop.judging import Judging
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.plan import CyclePlan, Green, LoopOptions, Stop, Trouble
from goldenpath.loop.proposing import Proposing
from goldenpath.loop.rehearsing import REHEARSED
from goldenpath.loop.repairing import Repairing
from goldenpath.loop.scene import Scene
from goldenpath.loop.settling import settle
from goldenpath.loop.state import LoopState
from goldenpath.loop.watching import Watching

Ending = tuple[Verdict, str]


class Loop:
    """One loop over one scene."""

    def __init__(self, scene: Scene, journal: Journal, options: LoopOptions, state: LoopState) -> None:
        """Begin, or go on from `state`; every event goes to the journal."""
        self._scene = scene
        self._options = options
        self._state = state
        self._narrator = Narrator(journal, cycle=state.cycle, seconds=state.seconds)
        self._judging = Judging(scene, self._narrator, options, journal.path.parent)
        self._watching = Watching(scene, self._narrator, options)
        self._deploying = Deploying(scene, self._narrator, self._judging, self._watching)
        proposing = Proposing(scene, self._narrator, journal.path.parent)
        self._repairing = Repairing(scene, self._narrator, options, state, proposing)

    async def run(self, loop_id: str) -> Verdict:
        """Run until green, stopped or out of limits; the verdict is in the last event too."""
        self._begin(loop_id)
        try:
            async with asyncio.timeout(self._options.max_seconds - self._narrator.seconds):
                verdict, reason = await self._cycles()
        except TimeoutError:
            verdict, reason = "fail", f"the limit of {self._options.max_seconds:.0f} s is reached"
        live = self._scene.target.live()
        self._narrator.tell(
            LoopFinished(
                **self._narrator.stamp,
                verdict=verdict,
                reason=reason,
                revision=live.name if live else "",
                seconds=self._narrator.seconds,
            )
        )
        return verdict

    def _begin(self, loop_id: str) -> None:
        system = self._scene.system
        self._narrator.tell(
            LoopStarted(
                **self._narrator.stamp,
                loop_id=loop_id,
                system=system.system.name,
                environment=self._scene.environment,
                target=self._scene.spec.target,
                resumed=bool(self._state.loop_id),
                journeys={name: journey.value for name, journey in system.journeys.items()},
                edges=tuple((e.source, e.target) for e in system.edges),
                max_cycles=self._options.max_cycles,
                max_seconds=self._options.max_seconds,
            )
        )

    async def _cycles(self) -> Ending:
        todo = await self._first_plan()
        while self._narrator.cycle < self._options.max_cycles:
            self._narrator.cycle += 1
            self._narrator.tell(CycleStarted(**self._narrator.stamp, reason=todo.reason))
            outcome = await self._cycle(todo)
            match outcome:
                case Green():
                    return "pass", outcome.statement
                case Stop():
                    return outcome.verdict, outcome.reason
                case CyclePlan():
                    todo = outcome
                case _:
                    assert_never(outcome)
        return "fail", f"the limit of {self._options.max_cycles} cycles is reached"

    async def _cycle(self, todo: CyclePlan) -> Green | Stop | CyclePlan:
        outcome = await self._revision(todo)
        if isinstance(outcome, str):
            outcome = await self._judging.test(outcome)
        if isinstance(outcome, Trouble):
            return await self._repairing.repair(outcome)
        self._repairing.verified(outcome.statement)
        return outcome

    async def _revision(self, todo: CyclePlan) -> str | Trouble:
        live = self._scene.target.live()
        if todo.deploy or live is None:
            return await self._deploying.deploy(todo)
        if todo.settle:
            await settle(self._scene, live.name)
        for step in (self._judging.look_live, self._judging.gate, self._watching.watch):
            if trouble := await step(live.name):
                return trouble
        return live.name

    async def _first_plan(self) -> CyclePlan:
        if self._state.loop_id:
            return await self._resumed()
        if self._options.live_first and self._scene.target.live():
            return CyclePlan(reason="judge the live revision", deploy=False)
        return CyclePlan(reason="deploy a new revision", changes=self._options.changes, code=self._options.code)

    async def _resumed(self) -> CyclePlan:
        """What is left behind is withdrawn, what was live is judged, what was only prepared is deployed anew."""
        await self._scene.target.ensure()
        left, live = self._state.candidate, self._scene.target.live()
        for other in self._scene.target.revisions():
            if other.state == "candidate" and other.name != left:
                await self._scene.target.withdraw(other.name, REHEARSED)
        # What the target says counts: the loop may have ended between the promotion and its line in the journal.
        if not left or (live is not None and live.name == left):
            return CyclePlan(reason="go on after an interruption: judge the live revision", deploy=False)
        reason = "the loop was interrupted while it was a candidate"
        await self._scene.target.withdraw(left, reason)
        self._narrator.tell(RolledBack(**self._narrator.stamp, revision=left, to=self._state.promoted, reason=reason))
        return CyclePlan(reason="go on after an interruption: deploy the interrupted revision anew", based_on=left)


def journal_path(state_dir: Path, loop_id: str) -> Path:
    """Where a loop's journal is."""
    return state_dir / "loops" / loop_id / "journal.jsonl"
