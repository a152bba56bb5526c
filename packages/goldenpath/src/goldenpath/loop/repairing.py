"""The steps from trouble to the next cycle: explain, withdraw, plan a fix, apply it, and remember to verify it."""

import time

from goldenpath.deploy.target import Code
from goldenpath.errors import GoldenPathError
from goldenpath.events import FixFinished, FixPlanned, RolledBack
from goldenpath.facts import Cause, Diagnosis, Fix, FixResult
from goldenpath.loop.blaming import Blaming
from goldenpath.loop.explaining import explain
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.plan import CyclePlan, LoopOptions, OpenFix, Stop, Trouble
from goldenpath.loop.proposing import Proposing
from goldenpath.loop.scene import Observations, Scene
from goldenpath.loop.severity import Severity, risen, severity_of
from goldenpath.loop.state import LoopState
from goldenpath.loop.taking_back import take_back
from goldenpath.loop.watching import WATCH
from goldenpath.remediation.apply import Applied, apply, undo
from goldenpath.remediation.plan import plan


class Repairing:
    """Repairs one scene, one verified fix at a time."""

    def __init__(
        self, scene: Scene, narrator: Narrator, options: LoopOptions, state: LoopState, proposing: Proposing
    ) -> None:
        """Remember which fixes this loop has tried already."""
        self._scene = scene
        self._narrator = narrator
        self._options = options
        self._proposing = proposing
        self._blaming = Blaming(scene, narrator, proposing, options.suite)
        self._tried = set(state.fingerprints)
        self._open: list[OpenFix] = []
        self._looked_again = False
        self._severity: Severity | None = None
        """How bad it was for people when the open fixes were applied; None when nobody felt it."""
        self._left = ""
        """The revision that was taken back last."""

    def verified(self, statement: str) -> None:
        """Close every open fix: what it promised was observed."""
        self._close("verified", statement)

    async def repair(self, trouble: Trouble) -> Stop | CyclePlan:
        """Find out why, take the bad revision back, and say what to do next."""
        observations, diagnosis = await explain(self._scene, self._narrator, trouble)
        now = self._felt(trouble, diagnosis, observations)
        if now and self._open and self._severity and (worse := risen(self._severity, now)):
            return await self._made_worse(worse, trouble)
        await self._judge_open(diagnosis, trouble)
        self._severity = now
        if diagnosis.verdict == "pass" and trouble.verdict == "fail" and not self._looked_again:
            return await self._look_again(trouble)
        diagnosis = await self._followed(trouble, observations, diagnosis)
        fixes = [f for cause in diagnosis.causes if (f := self._planned(cause))]
        if refused := self._refused(diagnosis, fixes, trouble):
            await self._take_back(trouble, refused.reason)
            return refused
        if trouble.stage == WATCH and not _rolls_back(fixes):
            await self._take_back(trouble, f"{WATCH}: {trouble.statement}")
        return await self._apply(fixes, trouble)

    def _felt(self, trouble: Trouble, diagnosis: Diagnosis, observations: Observations) -> Severity | None:
        """How bad it is for people; None for a candidate, of which they feel nothing."""
        live = self._scene.target.live()
        if live is None or live.name != trouble.revision:
            return None
        return severity_of(self._scene.system, diagnosis, observations)

    async def _made_worse(self, worse: str, trouble: Trouble) -> Stop:
        """Severity may not rise between cycles: what was done is undone, and nothing more is tried."""
        reason = f"after the fix more is wrong than before: {worse}"
        for open_fix in self._open:
            said = await undo(open_fix.fix, self._scene.system, self._scene.target, trouble.revision)
            self._finish(open_fix.fix, "undone", f"{reason}; {said}", time.monotonic() - open_fix.begun)
        self._open.clear()
        await self._take_back(trouble, reason)
        return Stop(verdict="fail", reason=reason)

    async def _followed(self, trouble: Trouble, observations: Observations, diagnosis: Diagnosis) -> Diagnosis:
        """A cause in the code is followed to its change, once the traffic is elsewhere; each cause becomes a drill."""
        if self._blaming.wanted(diagnosis, trouble):
            await self._take_back(trouble, f"{trouble.stage}: {trouble.statement}")
            observations, diagnosis = await self._blaming.explain(trouble, observations, diagnosis)
        self._proposing.drill(diagnosis, observations)
        return diagnosis

    async def _look_again(self, trouble: Trouble) -> CyclePlan:
        """What was wrong is not there any more: judge once more, and only once in a loop."""
        self._looked_again = True
        reason = f"look again: {trouble.statement}; it was gone a moment later"
        live = self._scene.target.live()
        if live is not None and live.name == trouble.revision and trouble.stage != WATCH:
            return CyclePlan(reason=reason, deploy=False)
        await self._take_back(trouble, trouble.statement)
        return CyclePlan(reason=reason, based_on=trouble.revision)

    def _planned(self, cause: Cause) -> Fix | None:
        good = self._scene.target.last_good()
        return plan(cause, self._scene.system, good.name if good else "")

    def _refused(self, diagnosis: Diagnosis, fixes: list[Fix], trouble: Trouble) -> Stop | None:
        if not diagnosis.causes:
            ending = "the cause is not proven" if diagnosis.symptoms else "nothing is seen to be wrong"
            return Stop(verdict=trouble.verdict, reason=f"{trouble.stage}: {trouble.statement}; {ending}")
        named = "; ".join(f"{c.component}: {c.statement}" for c in diagnosis.causes)
        if not fixes:
            return Stop(verdict="fail", reason=f"{named}; there is no fix this loop may make")
        for fix in fixes:
            if fix.fingerprint in self._tried:
                self._finish(fix, "refused", "the same fix was tried before and nothing changed in between", 0.0)
                return Stop(verdict="fail", reason=f"{named}; the same fix a second time would change nothing")
            if not self._options.repair:
                self._finish(fix, "planned", f"not applied, as asked for; expected: {fix.expected}", 0.0)
                return Stop(verdict="fail", reason=f"{named}; the fix is planned and not applied")
            if fix.permission != "auto":
                self._finish(fix, "needs_permission", f"the manifest says {fix.permission}", 0.0)
                return Stop(verdict="fail", reason=f"{named}; the fix needs a person's permission")
        return None

    async def _apply(self, fixes: list[Fix], trouble: Trouble) -> Stop | CyclePlan:
        changes: dict[str, str | None] = {}
        code: Code | None = None
        for fix in fixes:
            self._narrator.tell(FixPlanned(**self._narrator.stamp, fix=fix))
            self._tried.add(fix.fingerprint)
            applied = await self._applied(fix, trouble)
            if not applied.acted:
                self._finish(fix, "failed", applied.statement, 0.0)
                await self._take_back(trouble, applied.statement)
                return Stop(verdict="fail", reason=f"the fix could not be applied: {applied.statement}")
            self._open.append(OpenFix(fix=fix, statement=applied.statement, begun=time.monotonic()))
            changes |= applied.changes
            code = Code(folder=applied.code) if applied.code else code
        return await self._next(fixes, changes, code, trouble)

    async def _applied(self, fix: Fix, trouble: Trouble) -> Applied:
        try:
            return await apply(fix, self._scene.system, self._scene.target, trouble.revision)
        except GoldenPathError as error:
            return Applied(acted=False, statement=error.message)

    async def _next(
        self, fixes: list[Fix], changes: dict[str, str | None], code: Code | None, trouble: Trouble
    ) -> CyclePlan:
        """Variables need a new revision; what was done to a live revision is judged where it runs."""
        words = "; ".join(fix.expected for fix in fixes)
        live = self._scene.target.live()
        on_live = live is not None and live.name == trouble.revision
        rolled_back = _rolls_back(fixes)
        if rolled_back:
            await self._leave(trouble)
        if rolled_back or (on_live and not changes and code is None):
            return CyclePlan(reason=f"verify on the live revision: {words}", deploy=False, settle=True)
        await self._take_back(trouble, trouble.statement)
        reason = f"verify in a new revision: {words}"
        return CyclePlan(reason=reason, changes=changes, based_on=trouble.revision, code=code)

    async def _leave(self, trouble: Trouble) -> None:
        """After the traffic went back: a candidate ends, and it is told who serves."""
        target = self._scene.target
        live = target.live()
        if live is None or trouble.revision in {live.name, self._left}:
            return
        if target.revision(trouble.revision).state != "withdrawn":
            await target.withdraw(trouble.revision, trouble.statement)
        told = RolledBack(**self._narrator.stamp, revision=trouble.revision, to=live.name, reason=trouble.statement)
        self._narrator.tell(told)

    async def _take_back(self, trouble: Trouble, reason: str) -> None:
        """Withdraw a candidate; a live revision goes back to the last good one, if there is another; once."""
        if self._scene.target.revision(trouble.revision).state == "withdrawn":
            return
        self._left = trouble.revision
        await take_back(self._scene, self._narrator, trouble.revision, reason)

    async def _judge_open(self, diagnosis: Diagnosis, trouble: Trouble) -> None:
        """A fix whose cause is named again has failed and is undone; another one did what it promised."""
        again = {(c.id, c.component) for c in diagnosis.causes}
        failed = [o for o in self._open if (o.fix.cause, o.fix.component) in again]
        for open_fix in failed:
            self._open.remove(open_fix)
            said = await undo(open_fix.fix, self._scene.system, self._scene.target, trouble.revision)
            self._finish(open_fix.fix, "undone", said, time.monotonic() - open_fix.begun)
        self._close("verified", "its cause is not observed any more; something else is wrong")

    def _close(self, result: FixResult, statement: str) -> None:
        for open_fix in self._open:
            text = f"{open_fix.statement}; {statement}"
            self._finish(open_fix.fix, result, text, time.monotonic() - open_fix.begun)
        self._open.clear()

    def _finish(self, fix: Fix, result: FixResult, statement: str, seconds: float) -> None:
        self._narrator.tell(
            FixFinished(**self._narrator.stamp, fix=fix, result=result, statement=statement, seconds=seconds)
        )


def _rolls_back(fixes: list[Fix]) -> bool:
    """Whether one of these fixes gives the traffic back itself."""
    return any(action.type == "roll_back" for fix in fixes for action in fix.actions)
