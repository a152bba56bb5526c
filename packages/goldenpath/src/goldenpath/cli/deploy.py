"""`goldenpath deploy`: a candidate, the gate, traffic only for what passed, and a watch before it counts as good."""

import asyncio
import time
from pathlib import Path

import click
from rich.console import Console, Group
from rich.text import Text

from goldenpath.cli.carrying import Carried, carrying
from goldenpath.cli.changes import Changes, changing
from goldenpath.cli.diagnosis_text import lines_of
from goldenpath.cli.loop import new_id
from goldenpath.cli.options import Context, finish, shared, show
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.events import Checked, CycleStarted, Gated, LoopEvent, Watched
from goldenpath.facts import Diagnosis, Record, Verdict
from goldenpath.loop.baseline import record_baseline
from goldenpath.loop.deploying import Deploying
from goldenpath.loop.explaining import explain
from goldenpath.loop.journal import Journal
from goldenpath.loop.judging import Judging
from goldenpath.loop.narrator import Narrator
from goldenpath.loop.plan import CyclePlan, LoopOptions, Trouble
from goldenpath.loop.scene import Scene
from goldenpath.loop.taking_back import take_back
from goldenpath.loop.watching import Watching
from goldenpath.probes.record import Recorder
from goldenpath.worklog.terminal import TerminalView


class Deployed(Record):
    """The result of the command."""

    verdict: Verdict
    revision: str
    previous: str = ""
    fingerprint: str = ""
    door: str = ""
    """The front door; empty when the revision got no traffic."""
    statement: str
    diagnosis: Diagnosis | None = None
    """Why it did not pass; None when it did."""
    seconds: float
    journal: str


@click.command()
@click.option("--from", "based_on", default="", metavar="REVISION", help="Start from this revision's variables.")
@shared
@changing
@carrying
def command(context: Context, changes: Changes, carried: Carried, based_on: str) -> None:
    """Deploy a revision: candidate, gate, promotion, watch. What does not pass gets no traffic, or gives it back.

    Why it did not pass is said with the proven cause; nothing is repaired.
    """
    code = carried.code(context.system)
    plan = CyclePlan(reason="goldenpath deploy", changes=changes, based_on=based_on, code=code)
    deployed = asyncio.run(deploy(context, plan))
    why = lines_of(deployed.diagnosis) if deployed.diagnosis else []
    show(context, deployed, Group(*why, Text(_text(deployed))))
    finish(deployed.verdict)


async def deploy(context: Context, plan: CyclePlan) -> Deployed:
    """Deploy one revision; every step is told on stderr and kept in a journal."""
    began = time.perf_counter()
    target = LocalTarget(context.system, context.project, context.environment)
    path = context.state_dir / "deploys" / new_id() / "journal.jsonl"
    journal = Journal.create(path)
    verdicts: list[Verdict] = []
    journal.listen(TerminalView(Console(stderr=True, highlight=False)))
    journal.listen(lambda event: verdicts.extend(_verdict(event)))
    previous = target.live()
    try:
        narrator = Narrator(journal, cycle=1)
        narrator.tell(CycleStarted(**narrator.stamp, reason=plan.reason))
        outcome, diagnosis = await _deploy(context, target, narrator, plan, path.parent)
    finally:
        journal.close()
    left = outcome.revision if isinstance(outcome, Trouble) else outcome
    return Deployed(
        verdict=_unpromoted(verdicts) if isinstance(outcome, Trouble) else "pass",
        revision=left,
        previous=previous.name if previous else "",
        fingerprint=target.revision(left).fingerprint,
        door=target.door() if (live := target.live()) and live.name == left else "",
        statement=f"{outcome.stage}: {outcome.statement}" if isinstance(outcome, Trouble) else "gate and watch passed",
        diagnosis=diagnosis,
        seconds=round(time.perf_counter() - began, 3),
        journal=str(path),
    )


async def _deploy(
    context: Context, target: LocalTarget, narrator: Narrator, plan: CyclePlan, work_dir: Path
) -> tuple[str | Trouble, Diagnosis | None]:
    scene = Scene(context, target, Recorder("o"))
    options = LoopOptions()
    judging, watching = Judging(scene, narrator, options, work_dir), Watching(scene, narrator, options)
    outcome = await Deploying(scene, narrator, judging, watching).deploy(plan)
    if isinstance(outcome, str):
        target.mark_good(outcome)
        await record_baseline(scene, outcome)
        return outcome, None
    try:
        # Before it is taken back: what ran is asked where it runs.
        _, diagnosis = await explain(scene, narrator, outcome)
    finally:
        await take_back(scene, narrator, outcome.revision, f"{outcome.stage}: {outcome.statement}")
    return outcome, diagnosis


def _verdict(event: LoopEvent) -> list[Verdict]:
    """What a judging step said; the last one counts."""
    return [event.verdict] if isinstance(event, Checked | Gated | Watched) else []


def _unpromoted(verdicts: list[Verdict]) -> Verdict:
    """The verdict on a revision in trouble: of the judge who spoke last, if it was he who found the trouble."""
    return "not_proven" if verdicts[-1:] == ["not_proven"] else "fail"


def _text(deployed: Deployed) -> str:
    if deployed.verdict == "pass":
        return f"pass: {deployed.revision} has the traffic at {deployed.door} after {deployed.seconds:.1f} s"
    return f"{deployed.verdict}: {deployed.revision} {_left(deployed)}: {deployed.statement}"


def _left(deployed: Deployed) -> str:
    """Who has the traffic after a revision that did not pass."""
    if deployed.door:
        return "keeps the traffic and is not proven, for there is no good revision to go back to"
    kept = f"; {deployed.previous} has it" if deployed.previous else ""
    return f"does not have the traffic{kept}"
