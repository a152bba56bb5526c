"""Runs drills one after another on the local environment; each begins on a proven revision and leaves one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

from goldenpath.deploy.target import Code
from goldenpath.drills.hops import Changes, LiveHops
from goldenpath.drills.inject import Injector
from goldenpath.drills.injections import deploys, live_hop
from goldenpath.drills.model import Drill, DrillResult
from goldenpath.drills.needs import missing
from goldenpath.drills.replaying import replay
from goldenpath.drills.score import not_injected, not_run, score
from goldenpath.errors import StateError
from goldenpath.facts import Observation, Verdict
from goldenpath.loop.plan import LoopOptions
from goldenpath.loop.scene import Scene
from goldenpath.manifest.own import own_variables
from goldenpath.worklog.model import Worklog

RECOVERIES = 4
"""How often to look whether it is well again: what was lost is sent again after ever longer waits."""
RunLoop = Callable[[LoopOptions], Awaitable[tuple[Verdict, Worklog]]]
"""Runs one whole loop and returns its verdict and worklog."""


async def run_drills(drills: tuple[Drill, ...], scene: Scene, run_loop: RunLoop) -> AsyncIterator[DrillResult]:
    """Yield each drill's result as it ends; StateError when no proven revision can be had to begin with."""
    can = [drill for drill in drills if not drill.evidence and not missing(drill)]
    for drill in drills:
        if drill.evidence:
            yield replay(drill, scene.project / "drills")
        elif drill not in can:
            yield not_run(drill, missing(drill))
    if not can:
        return
    async with AsyncExitStack() as stack:
        course = _Course(scene, run_loop)
        await course.begin([live_hop(i) for drill in can for i in drill.inject], stack)
        try:
            for drill in can:
                yield await course.drill(drill)
        finally:
            await course.end()


class _Course:
    """One run of drills over one scene."""

    def __init__(self, scene: Scene, run_loop: RunLoop) -> None:
        self._scene = scene
        self._run_loop = run_loop
        self._hops = LiveHops()
        self._baseline: dict[str, str] = {}

    async def begin(self, wanted: list[str], stack: AsyncExitStack) -> None:
        """A proven revision; if drills want hops before components of the live system, one that leads through them."""
        await self._proven({})
        if any(p.state != "running" for p in await self._scene.target.processes()):
            await self._well()
        good = self._scene.target.last_good()
        components = sorted(set(wanted) - {""})
        if components and good is not None:
            environ = self._scene.target.environ(good.name)
            await self._hops.open(self._scene.system, components, environ, stack)
            await self._deployed(self._hops.changes)
        self._baseline = self._variables()

    async def drill(self, drill: Drill) -> DrillResult:
        """One drill, and a proven revision after it; a fault that cannot be brought about is a drill not passed."""
        before = self._configuration()
        async with AsyncExitStack() as stack:
            injector = Injector(self._scene, stack, self._hops)
            try:
                changes = await injector.inject(drill.inject)
            except StateError as error:
                result, is_well = not_injected(drill, f"{error.where}: {error.message}"), False
            else:
                log = await self._looped(drill, injector, changes)
                result = await self._scored(drill, injector, log, before)
                is_well = log.verdict == "pass"
        if not is_well:
            await self._well()
        elif drill.back:
            await self._deployed(self._hops.changes | drill.back)
        await self._proven(self._hops.changes)
        return result

    async def _looped(self, drill: Drill, injector: Injector, changes: Changes) -> Worklog:
        is_new = any(deploys(i) for i in drill.inject)
        options = self._options(self._hops.changes | changes if is_new else {}, live_first=not is_new)
        options = options.model_copy(update={"code": injector.code or self._code(), "watch": drill.watch})
        if drill.suite:
            options = options.model_copy(update={"suite": drill.suite})
        return (await self._run_loop(options))[1]

    async def _scored(self, drill: Drill, injector: Injector, log: Worklog, before: str) -> DrillResult:
        asked: tuple[Observation, ...] = await injector.asked if injector.asked else ()
        is_meant = drill.kind == "control" and any(deploys(i) for i in drill.inject)
        return score(drill, log, asked, changed=self._configuration() != before and not is_meant)

    async def end(self) -> None:
        """Leave a proven revision that needs no hop, for the hops go."""
        if self._hops.changes:
            await self._deployed({})

    async def _well(self) -> None:
        """The live system must be well: what a loop did not mend was taken back, what died meanwhile is mended now."""
        if self._scene.target.live() is None:
            return
        reason = ""
        for _ in range(RECOVERIES):
            verdict, log = await self._run_loop(self._options({}, live_first=True))
            if verdict == "pass":
                return
            reason = log.reason
        raise StateError(f"not well after the fault was taken back: {reason}", where="drill")

    async def _proven(self, changes: Changes) -> None:
        """A live revision that is the proven one; deployed and proven anew if the last drill left something else."""
        live, good = self._scene.target.live(), self._scene.target.last_good()
        proven = live is not None and good is not None and live.name == good.name
        if not proven or (self._baseline and self._variables() != self._baseline):
            await self._deployed(changes)

    async def _deployed(self, changes: Changes) -> None:
        verdict, log = await self._run_loop(self._options(changes, live_first=False))
        if verdict != "pass":
            raise StateError(f"no proven revision to begin with: {log.reason}", where="drill", hint="goldenpath loop")

    def _options(self, changes: Changes, *, live_first: bool) -> LoopOptions:
        suite = self._scene.system.drills.suite
        return LoopOptions(changes=dict(changes), live_first=live_first, suite=suite, controls=False, watch=False)

    def _code(self) -> Code | None:
        """The good revision's code, so that a file edited meanwhile is no part of the fault."""
        good = self._scene.target.last_good()
        carried = self._scene.target.artefact(good.name) if good else None
        return Code(folder=carried.folder) if carried else None

    def _variables(self) -> dict[str, str]:
        """The good revision's variables but for those that every revision has of its own: its name and ports."""
        good = self._scene.target.last_good()
        environ = self._scene.target.environ(good.name) if good else {}
        own = own_variables(self._scene.system, self._scene.spec)
        return {name: value for name, value in environ.items() if name not in own}

    def _configuration(self) -> str:
        live = self._scene.target.live()
        return live.fingerprint if live else ""
