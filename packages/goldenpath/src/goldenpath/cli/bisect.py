"""`goldenpath bisect`: find the change of code that made a revision bad, and lay down the patch that takes it back."""

import asyncio
import time
from pathlib import Path

import click
from rich.console import Console

from goldenpath.cli.carrying import Carried, carrying
from goldenpath.cli.loop import new_id
from goldenpath.cli.options import Context, finish, shared, show
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.deploy.target import Code
from goldenpath.errors import StateError
from goldenpath.facts import Record, Verdict
from goldenpath.loop.journal import Journal
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.patching import Patch, patch_for
from goldenpath.loop.proposing import Proposing
from goldenpath.loop.scene import Scene
from goldenpath.loop.searching import Change, Searching
from goldenpath.loop.trials import Trials
from goldenpath.probes.record import Recorder
from goldenpath.worklog.terminal import TerminalView


class Bisected(Record):
    """The result of the command."""

    verdict: Verdict
    """`fail`: the change is found; `not_proven`: there is none to name, or it is one of several."""
    good: str
    bad: str
    statement: str
    commits: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    tries: int
    patch: str = ""
    """The file with a patch that was shown to help; empty when there is none."""
    seconds: float
    journal: str


@click.command()
@click.option("--good", default="", metavar="REVISION", help="A revision that was well; else the last good one.")
@click.option(
    "--bad", default="", metavar="REVISION", help="The bad one; else the code that is given, or as it is now."
)
@shared
@carrying
def command(context: Context, carried: Carried, good: str, bad: str) -> None:
    """Find the change of code that made a revision bad, by trying versions without traffic."""
    bisected = asyncio.run(bisect(context, good, bad, carried.code(context.system)))
    adopt = f"\npatch: git apply {bisected.patch}" if bisected.patch else ""
    show(context, bisected, f"{bisected.verdict}: {bisected.statement}{adopt}")
    finish(bisected.verdict)


async def bisect(context: Context, good: str, bad: str, code: Code | None) -> Bisected:
    """Search between two revisions; every try is told on stderr and kept in a journal."""
    begun = time.perf_counter()
    target = LocalTarget(context.system, context.project, context.environment)
    folder = context.state_dir / "searches" / new_id()
    known = target.revision(good) if good else target.last_good()
    if known is None:
        raise StateError("no revision was ever proven good", where=context.environment, hint="give --good REVISION")
    await target.ensure()
    # Without a revision to explain, the code as it is now is tried with the variables of the good one.
    named = target.revision(bad) if bad else await target.prepare({}, based_on=known.name, code=code or Code())
    journal = Journal.create(folder / "journal.jsonl")
    journal.listen(TerminalView(Console(stderr=True, highlight=False)))
    scene, narrator = Scene(context, target, Recorder("o")), Narrator(journal, cycle=1)
    trials = Trials(scene, narrator, (known.name, named.name))
    try:
        change, patch, statement = await _found(scene, trials)
        path = _written(scene, narrator, folder, named.name, patch)
    finally:
        journal.close()
    return Bisected(
        verdict="fail" if change and change.certain else "not_proven",
        good=known.name,
        bad=named.name,
        statement=statement,
        commits=tuple(commit.name for commit in change.commits) if change else (),
        files=change.files if change else (),
        tries=trials.made,
        patch=path,
        seconds=round(time.perf_counter() - begun, 3),
        journal=str(folder / "journal.jsonl"),
    )


async def _found(scene: Scene, trials: Trials) -> tuple[Change | None, Patch | None, str]:
    try:
        change = await Searching(scene, trials).search(confirmed=False)
        return change, await patch_for(scene, trials, change), change.statement
    except StateError as error:
        return None, None, error.message


def _written(scene: Scene, narrator: Narrator, folder: Path, bad: str, patch: Patch | None) -> str:
    """The path of the patch from the project's folder; empty when none was shown to help."""
    if patch is None:
        return ""
    path = Proposing(scene, narrator, folder).patch(bad, patch)
    return path if patch.verdict == "pass" else ""
