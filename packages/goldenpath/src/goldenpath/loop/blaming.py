"""A cause in the code, followed to the change that brought it: search, say it with evidence, and propose a patch."""

import time

from pydantic import JsonValue

from goldenpath.deploy.target import Commit
from goldenpath.diagnosis.engine import diagnose
from goldenpath.errors import StateError
from goldenpath.events import Diagnosed, Searched
from goldenpath.facts import Diagnosis, Observation
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.patching import Patch, patch_for
from goldenpath.loop.proposing import Proposing
from goldenpath.loop.scene import Observations, Scene
from goldenpath.loop.searching import Change, Searching
from goldenpath.loop.trials import Trials


class Blaming:
    """Finds the changes behind causes in the code of one scene's revisions."""

    def __init__(self, scene: Scene, narrator: Narrator, proposing: Proposing) -> None:
        """Lay patches down with `proposing`."""
        self._scene = scene
        self._narrator = narrator
        self._proposing = proposing
        self._searched: set[str] = set()

    def wanted(self, diagnosis: Diagnosis, revision: str) -> bool:
        """Whether a cause is in the code, and there is a good one to compare with that was not compared yet."""
        good = self._scene.target.last_good()
        if good is None or good.name == revision or not self._scene.system.limits.tries:
            return False
        in_code = any(cause.detail.get("in_code") for cause in diagnosis.causes)
        return in_code and self._scene.target.revision(revision).artefact not in {"", *self._searched}

    async def explain(
        self, revision: str, observations: Observations, *, shows: bool = True
    ) -> tuple[Observations, Diagnosis]:
        """Search between the last good revision and this one, and draw the diagnosis again with what was found.

        `shows`: whether a rehearsal can show what is wrong; else nothing is tried.
        """
        target = self._scene.target
        self._searched.add(target.revision(revision).artefact)
        good = target.last_good()
        trials = Trials(self._scene, self._narrator, (good.name if good else "", revision), shows=shows)
        begun = time.monotonic()
        try:
            change = await Searching(self._scene, trials).search()
            patch = await patch_for(self._scene, trials, change)
        except StateError as error:
            self._told(trials, None, error.message, begun)
            return observations, diagnose(self._scene.system, observations)
        self._told(trials, change, change.statement, begun)
        seen = self._observed(trials, change, patch)
        if patch is not None:
            self._proposing.patch(revision, patch)
        self._narrator.observed((seen,))
        return self._again((*observations, seen), begun)

    def _again(self, observations: Observations, begun: float) -> tuple[Observations, Diagnosis]:
        diagnosis = diagnose(self._scene.system, observations)
        considered = tuple(o.id for o in observations)
        seconds = time.monotonic() - begun
        told = Diagnosed(**self._narrator.stamp, diagnosis=diagnosis, considered=considered, seconds=seconds)
        self._narrator.tell(told)
        return observations, diagnosis

    def _observed(self, trials: Trials, change: Change, patch: Patch | None) -> Observation:
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
