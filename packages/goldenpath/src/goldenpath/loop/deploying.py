"""The steps from variables on paper to a revision with traffic."""

import asyncio
import time

from goldenpath.events import CandidateStarted, Checked, Gated, Promoted, RevisionPrepared
from goldenpath.loop.carried import check_schema_changes, code_changes, verify_code
from goldenpath.loop.gate import worst
from goldenpath.loop.judging import Judging
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.plan import CyclePlan, Trouble
from goldenpath.loop.planned import check_plan
from goldenpath.loop.scene import Scene, filled
from goldenpath.loop.watching import Watching


class Deploying:
    """Deploys revisions of one scene; nothing gets traffic that did not pass."""

    def __init__(self, scene: Scene, narrator: Narrator, judging: Judging, watching: Watching) -> None:
        """Deploy to the scene's target."""
        self._scene = scene
        self._narrator = narrator
        self._judging = judging
        self._watching = watching

    async def deploy(self, todo: CyclePlan) -> str | Trouble:
        """Prepare, check, migrate, start, check, gate, promote and watch; returns the live revision's name."""
        target = self._scene.target
        await target.ensure()
        revision = await target.prepare(todo.changes, based_on=todo.based_on, code=todo.code)
        code = code_changes(self._scene, revision.name)
        self._narrator.tell(
            RevisionPrepared(
                **self._narrator.stamp,
                revision=revision.name,
                fingerprint=revision.fingerprint,
                based_on=todo.based_on,
                changes=(*revision.changes, *(f"code: {o.text}" for o in code if o.name == "code.changed")),
            )
        )
        self._narrator.observed(code)
        for step in (self._on_paper, self._migrate, self._start, self._first_sight, self._judging.gate):
            if trouble := await step(revision.name):
                return trouble.model_copy(update={"observations": (*code, *trouble.observations)})
        await self._watching.look_before()
        previous = await target.promote(revision.name)
        self._narrator.tell(Promoted(**self._narrator.stamp, revision=revision.name, previous=previous))
        if trouble := await self._watching.watch(revision.name):
            return trouble.model_copy(update={"observations": (*code, *trouble.observations)})
        return revision.name

    async def _on_paper(self, revision: str) -> Trouble | None:
        """Everything that can be known before a process of the revision runs."""
        begun = time.monotonic()
        looked = (
            *await asyncio.gather(self._scene.variables(revision), verify_code(self._scene, revision)),
            check_schema_changes(self._scene, revision),
            check_plan(self._scene, revision),
        )
        seen = tuple(o for observations, _ in looked for o in observations)
        findings = tuple(f for _, found in looked for f in found)
        self._narrator.observed(seen)
        verdict = worst(findings)
        seconds = time.monotonic() - begun
        self._narrator.tell(
            Checked(**self._narrator.stamp, stage="before_deploy", verdict=verdict, findings=findings, seconds=seconds)
        )
        if verdict == "pass":
            return None
        wrong = "; ".join(f.statement for f in findings if f.verdict != "pass" and f.required)
        return Trouble(stage="before_deploy", revision=revision, statement=wrong, observations=seen)

    async def _migrate(self, revision: str) -> Trouble | None:
        command = self._scene.spec.migrate
        if command is None:
            return None
        done = await self._scene.target.run(filled(command, {"environment": self._scene.environment}), revision)
        if not done.exit_code:
            return None
        text = f"{' '.join(command)}: {done.stderr.strip()[-400:]}"
        seen = self._scene.recorder.observe(
            probe="schema", subject="schema", revision=revision, name="schema.error", value=text
        )
        self._narrator.observed((seen,))
        return Trouble(stage="migrate", revision=revision, statement=text, observations=(seen,))

    async def _start(self, revision: str) -> Trouble | None:
        started = await self._scene.target.start(revision)
        if started.ready:
            door = self._scene.target.door(revision)
            self._narrator.tell(
                CandidateStarted(**self._narrator.stamp, revision=revision, door=door, seconds=started.seconds)
            )
            return None
        seen = self._scene.recorder.observe(
            probe="deploy",
            subject=started.component,
            revision=revision,
            name="start.failed",
            value={"component": started.component, "phase": started.phase, "statement": started.statement},
            text=started.statement,
        )
        self._narrator.observed((seen,))
        statement = f"{started.component} did not become ready ({started.phase}): {started.statement}"
        self._narrator.tell(
            Gated(
                **self._narrator.stamp,
                revision=revision,
                verdict="fail",
                statement=statement,
                findings=(),
                seconds=started.seconds,
            )
        )
        return Trouble(stage="start", revision=revision, statement=statement, observations=(seen,))

    async def _first_sight(self, revision: str) -> Trouble | None:
        return await self._judging.examine(revision, "candidate")
