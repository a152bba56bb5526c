"""A patch against a change that made a revision bad: the change taken back on top of the present code, and tried."""

from pathlib import Path

from goldenpath.deploy.target import Code
from goldenpath.facts import Record, Verdict
from goldenpath.loop.hunks import Texts, unified
from goldenpath.loop.scene import Scene
from goldenpath.loop.searching import Change, contents, replaced, texts
from goldenpath.loop.trials import Trials


class Patch(Record):
    """A diff of the bad revision's code, for review."""

    text: str
    verdict: Verdict
    """`pass`: the code with it did well in a rehearsal."""
    statement: str
    files: tuple[str, ...]
    like_good: bool
    """With it these files are those of the last good revision."""


async def patch_for(scene: Scene, trials: Trials, change: Change) -> Patch | None:
    """Take the change back, or all it is a piece of if that does not do; None when later changes are in the way."""
    tried: Patch | None = None
    for before in (change.before, change.wider):
        found = await _patch(scene, trials, change, before)
        if found is not None and found.verdict == "pass":
            return found
        tried = tried or found
        if change.before == change.wider:
            break
    return tried


async def _patch(scene: Scene, trials: Trials, change: Change, before: Texts) -> Patch | None:
    bad, good = trials.carried(trials.bad), trials.carried(trials.good)
    names = [n for n in sorted({*before, *change.after}) if before.get(n) != change.after.get(n)]
    present, taken_back = texts(bad, names), _taken_back(scene, names, texts(bad, names), (before, change.after))
    if taken_back is None or taken_back == present:
        return None
    made = await scene.target.with_contents(replaced(contents(bad), names, taken_back))
    text = unified(present, taken_back)
    repository = scene.target.repository
    if repository.installed and (refused := repository.applies(text, Path(bad.folder))):
        verdict: Verdict = "not_proven"
        statement = f"it does not apply to the code of {trials.bad}: {refused}"
    elif made.digest == good.digest:
        verdict, statement = "pass", f"with it the code is that of {trials.good}, which was proven"
    elif not trials.more:
        verdict, statement = "not_proven", "it was not tried: the search may try no more"
    else:
        attempt = await trials.patched(", ".join(names), Code(folder=made.folder))
        verdict = "fail" if attempt.signature else "pass"
        statement = f"tried with the variables of {trials.bad}: {attempt.statement}"
    return Patch(
        text=text,
        verdict=verdict,
        statement=statement,
        files=tuple(names),
        like_good=taken_back == texts(good, names),
    )


def _taken_back(scene: Scene, names: list[str], present: Texts, change: tuple[Texts, Texts]) -> dict[str, str] | None:
    """The present files without the change; None where a later change stands on the same lines."""
    before, after = change
    made: dict[str, str] = {}
    for name in names:
        ours, base, theirs = present.get(name), after.get(name), before.get(name)
        if ours == base:
            text = theirs
        elif ours is None or base is None or theirs is None:
            return None
        else:
            text = scene.target.repository.merged(ours, base, theirs)
            if text is None:
                return None
        made |= {} if text is None else {name: text}
    return made
