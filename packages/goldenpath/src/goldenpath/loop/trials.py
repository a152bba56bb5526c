"""The tries of one search: what each version of the code shows, against what the bad one does and the good does not."""

import time

from goldenpath.deploy.target import Artefact, Code
from goldenpath.diagnosis.bisection import MOST_RUNS, Outcome, runs_needed
from goldenpath.errors import DeployError, StateError
from goldenpath.events import Tried, TriedLevel
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.rehearsing import Asked, Attempt, Rehearsing, Sought
from goldenpath.loop.scene import Scene

FIRST_LOOKS = 3
"""Runs of the bad code that show how often it fails."""


class Trials:
    """Tries versions of the code between two revisions of a scene, as many as the manifest's limits allow."""

    def __init__(
        self,
        scene: Scene,
        narrator: Narrator,
        ends: tuple[str, str],
        sought: Sought | None = None,
        *,
        shows: bool = True,
    ) -> None:
        """From the good to the bad revision, with the variables of the bad one.

        `sought`: what was red besides the gate. `shows`: whether a rehearsal can show what is wrong; what only
        traffic shows is not looked for.
        """
        self._scene = scene
        self._narrator = narrator
        self.good, self.bad = ends
        self._rehearsing = Rehearsing(scene, self.bad, sought or Sought())
        self._most = scene.system.limits.tries if shows else 0
        self._deadline = time.monotonic() + scene.system.limits.search_seconds
        self._looked_for: frozenset[str] = frozenset()
        self._asked = Asked(runs=FIRST_LOOKS)
        self.made = 0

    @property
    def more(self) -> bool:
        """Whether another one may be made."""
        return self.made < self._most and time.monotonic() < self._deadline

    async def outcome(self, level: TriedLevel, label: str, code: Code) -> Outcome:
        """Try a version; `skip` when it fails otherwise or cannot be tried. StateError when the ends are alike."""
        if not self._looked_for:
            await self.confirm()
        begun = time.monotonic()
        try:
            attempt = await self._rehearsing.attempt(code, self._asked)
        except (StateError, DeployError) as error:
            attempt = Attempt(signature=frozenset({"untried"}), statement=error.message)
        outcome = self._means(attempt)
        self._told(level, label, outcome, attempt, begun)
        return outcome

    async def patched(self, files: str, code: Code) -> Attempt:
        """Try the bad code with a patch, as often as that needs."""
        return await self._attempt("patch", files, code, self._asked)

    def carried(self, revision: str) -> Artefact:
        """The code of a revision; StateError when it carries none."""
        found = self._scene.target.artefact(revision)
        if found is None:
            raise StateError(f"{revision} carries no code", hint="declare [artefact] in the manifest")
        return found

    def _means(self, attempt: Attempt) -> Outcome:
        if not attempt.signature:
            return "good"
        return "bad" if attempt.signature & self._looked_for else "skip"

    async def confirm(self) -> None:
        """What the bad code shows in a rehearsal, and that the good code does not show it; else StateError."""
        bad = await self._attempt("end", self.bad, self._code(self.bad), Asked(runs=FIRST_LOOKS, every_run=True))
        if not bad.signature:
            # What fails now and then may do well three times.
            bad = await self._attempt("end", self.bad, self._code(self.bad), Asked(runs=MOST_RUNS))
        if not bad.signature:
            raise StateError(f"the code of {self.bad} does well in a rehearsal: {bad.statement}")
        self._asked = Asked(runs=runs_needed(bad.failed, bad.runs), on_paper=bad.on_paper)
        good = await self._attempt("end", self.good, self._code(self.good), self._asked)
        self._looked_for = bad.signature - good.signature
        if not self._looked_for:
            words = f"the code of {self.good} fails alike with the variables of {self.bad}: {good.statement}"
            raise StateError(words)

    async def _attempt(self, level: TriedLevel, label: str, code: Code, asked: Asked) -> Attempt:
        begun = time.monotonic()
        attempt = await self._rehearsing.attempt(code, asked)
        self._told(level, label, "bad" if attempt.signature else "good", attempt, begun)
        return attempt

    def _code(self, revision: str) -> Code:
        return Code(folder=self.carried(revision).folder)

    def _told(self, level: TriedLevel, point: str, outcome: Outcome, attempt: Attempt, begun: float) -> None:
        self.made += 1
        often = f" in {attempt.failed} of {attempt.runs} runs" if attempt.failed and attempt.runs > 1 else ""
        self._narrator.tell(
            Tried(
                **self._narrator.stamp,
                revision=self.bad,
                level=level,
                point=point,
                outcome=outcome,
                statement=f"{attempt.statement}{often}",
                seconds=round(time.monotonic() - begun, 2),
            )
        )
