"""A cause in the code, followed to the change that brought it: search, say it with evidence, and propose a patch."""

import time

from pydantic import JsonValue

from goldenpath.deploy.target import Commit
from goldenpath.diagnosis.engine import diagnose
from goldenpath.errors import StateError
from goldenpath.events import Searched
from goldenpath.facts import Diagnosis, Observation
from goldenpath.loop.carried import code_changes
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.patching import Patch, patch_for
from goldenpath.loop.plan import Trouble
from goldenpath.loop.proposing import Proposing
from goldenpath.loop.rehearsing import Sought
from goldenpath.loop.scene import Observations, Scene
from goldenpath.loop.searching import Change, Searching
from goldenpath.loop.trials import Trials
from goldenpath.loop.watching import WATCH


class Blaming:
    """Finds the changes behind causes in the code of one scene's revisions."""

    def __init__(self, scene: Scene, narrator: Narrator, proposing: Proposing, suite: str = "") -> None:
        """Lay patches down with `proposing`; red tests are those of `suite`, by default the manifest's first."""
        self._suite = suite
        self._scene = scene
        self._narrator = narrator
        self._proposing = proposing
        self._searched: set[str] = set()

    def wanted(self, diagnosis: Diagnosis, trouble: Trouble) -> bool:
        """Whether the code is at fault or may be, and there is a good one to compare with that was not compared yet.

        It may be where tests are red that nothing explains, and the code is not that of the last good revision.
        """
        revision = trouble.revision
        good = self._scene.target.last_good()
        if good is None or good.name == revision or not self._scene.system.limits.tries:
            return False
        in_code = any(cause.detail.get("in_code") for cause in diagnosis.causes)
        may_be = not diagnosis.causes and bool(_red(trouble.observations))
        code = self._scene.target.revision(revision).artefact
        return (in_code or may_be) and code not in {"", good.artefact, *self._searched}

    async def explain(
        self, trouble: Trouble, observations: Observations, diagnosis: Diagnosis
    ) -> tuple[Observations, Diagnosis]:
        """Search between the last good revision and this one, and draw the diagnosis again with what was found.

        What only traffic shows is not tried in a rehearsal; what nothing explains so far must show in one.
        """
        revision = trouble.revision
        sought = Sought(tests=() if diagnosis.causes else _red(trouble.observations), suite=self._suite)
        target = self._scene.target
        self._searched.add(target.revision(revision).artefact)
        good = target.last_good()
        ends = (good.name if good else "", revision)
        trials = Trials(self._scene, self._narrator, ends, sought, shows=trouble.stage != WATCH)
        begun = time.monotonic()
        try:
            change = await Searching(self._scene, trials).search(confirmed=not sought.tests)
            patch = await patch_for(self._scene, trials, change)
        except StateError as error:
            self._told(trials, None, error.message, begun)
            return observations, diagnosis
        self._told(trials, change, change.statement, begun)
        seen = self._observed(trials, change, patch, sought)
        if not any(o.name == "code.changed" for o in observations):
            observations += code_changes(self._scene, revision)
        if patch is not None:
            self._proposing.patch(revision, patch)
        observations += (seen,)
        self._narrator.observed(observations)
        diagnosis = diagnose(self._scene.system, observations)
        self._narrator.diagnosed(diagnosis, observations, begun)
        return observations, diagnosis

    def _observed(self, trials: Trials, change: Change, patch: Patch | None, sought: Sought) -> Observation:
        """What the search found, as evidence; the files that may go back as they are, where that was tried."""
        commits: list[JsonValue] = [{"commit": c.name, "subject": c.subject} for c in change.commits]
        files: list[JsonValue] = [*change.files]
        as_good = patch is not None and patch.verdict == "pass" and patch.like_good
        culprits: list[JsonValue] = [*patch.files] if patch is not None and as_good else []
        value: dict[str, JsonValue] = {
            "commits": commits,
            "files": files,
            "culprits": culprits,
            "certain": change.certain,
            "tries": trials.made,
            "tests": [*sought.tests],
        }
        observe = self._scene.recorder.observe
        text, again = change.statement, f"goldenpath bisect --good {trials.good} --bad {trials.bad}"
        return observe(
            probe="code", subject="code", revision=trials.bad, name="code.culprit", value=value, text=text, repeat=again
        )

    def _told(self, trials: Trials, change: Change | None, statement: str, begun: float) -> None:
        certain = change is not None and change.certain
        commits: tuple[Commit, ...] = change.commits if change else ()
        self._narrator.tell(
            Searched(
                **self._narrator.stamp,
                revision=trials.bad,
                verdict="fail" if certain else "not_proven",
                statement=statement,
                files=change.files if change else (),
                commits=tuple(commit.name for commit in commits),
                tries=trials.made,
                seconds=round(time.monotonic() - begun, 2),
            )
        )


def _red(observations: Observations) -> tuple[str, ...]:
    """The tests that failed."""
    return tuple(o.subject.removeprefix("test:") for o in observations if o.name == "test.outcome")
