"""Runs drills one after another on the local environment; each begins on a proven revision and leaves one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

from goldenpath.drills.inject import Injector
from goldenpath.drills.model import REVISION, Drill, DrillResult
from goldenpath.drills.score import score
from goldenpath.errors import StateError
from goldenpath.facts import Observation, Verdict
from goldenpath.loop.plan import LoopOptions
from goldenpath.loop.scene import Scene
from goldenpath.worklog.model import Worklog

RunLoop = Callable[[LoopOptions], Awaitable[tuple[Verdict, Worklog]]]
"""Runs one whole loop and returns its verdict and worklog."""


async def run_drills(drills: tuple[Drill, ...], scene: Scene, run_loop: RunLoop) -> AsyncIterator[DrillResult]:
    """Yield each drill's result as it ends; StateError when no proven revision can be had to begin with."""
    await _baseline(scene, run_loop)
    for drill in drills:
        yield await _drill(drill, scene, run_loop)
        await _baseline(scene, run_loop)


async def _drill(drill: Drill, scene: Scene, run_loop: RunLoop) -> DrillResult:
    before = _configuration(scene)
    async with AsyncExitStack() as stack:
        injector = Injector(scene, stack)
        changes = await injector.inject(drill.inject)
        deploys = any(isinstance(i, REVISION) for i in drill.inject)
        options = LoopOptions(changes=changes, live_first=not deploys, controls=False)
        _, log = await run_loop(options)
        asked: tuple[Observation, ...] = await injector.asked if injector.asked else ()
        return score(drill, log, asked, changed=_configuration(scene) != before)


async def _baseline(scene: Scene, run_loop: RunLoop) -> None:
    """A live revision that is the proven one; deployed and proven anew if the last drill left something else."""
    live, good = scene.target.live(), scene.target.last_good()
    if live is not None and good is not None and live.name == good.name:
        return
    verdict, log = await run_loop(LoopOptions(controls=False))
    if verdict != "pass":
        raise StateError(f"no proven revision to begin with: {log.reason}", where="drill", hint="goldenpath loop")


def _configuration(scene: Scene) -> str:
    live = scene.target.live()
    return live.fingerprint if live else ""
