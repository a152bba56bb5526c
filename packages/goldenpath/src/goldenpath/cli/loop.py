"""`goldenpath loop`: check, deploy, gate, test, diagnose and repair until the golden path is green."""

import asyncio
import json
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from goldenpath.cli.carrying import Carried, carrying
from goldenpath.cli.changes import Changes, changing
from goldenpath.cli.options import Context, finish, shared
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.errors import StateError
from goldenpath.facts import Verdict
from goldenpath.loop.engine import Loop, journal_path
from goldenpath.loop.journal import Journal, read
from goldenpath.loop.plan import LoopOptions
from goldenpath.loop.scene import Scene
from goldenpath.loop.state import LoopState, fold
from goldenpath.probes.record import Recorder
from goldenpath.worklog import fold as worklog
from goldenpath.worklog.files import write_files
from goldenpath.worklog.model import Worklog
from goldenpath.worklog.summary import summary
from goldenpath.worklog.terminal import TerminalView, closing


@click.command()
@click.option("--live", is_flag=True, help="Judge the live revision before deploying a new one.")
@click.option("--resume", is_flag=True, help="Go on with the newest loop that did not end.")
@click.option("--no-repair", is_flag=True, help="Name causes and plan fixes, and apply none.")
@click.option("--no-controls", is_flag=True, help="Leave out the negative controls of the tests.")
@click.option("--max-cycles", type=click.IntRange(1, 100), help="Else the manifest's limit.")
@click.option("--max-seconds", type=click.FloatRange(1), help="Else the manifest's limit.")
@shared
@changing
@carrying
def command(
    context: Context,
    changes: Changes,
    carried: Carried,
    live: bool,
    resume: bool,
    no_repair: bool,
    no_controls: bool,
    max_cycles: int | None,
    max_seconds: float | None,
) -> None:
    """Check, deploy, gate, test, diagnose and repair until the golden path is green."""
    limits = context.system.limits
    options = LoopOptions(
        changes=changes,
        code=carried.code(context.system),
        live_first=live,
        max_cycles=max_cycles or limits.cycles,
        max_seconds=max_seconds or limits.seconds,
        controls=not no_controls,
        repair=not no_repair,
    )
    loop_id = unfinished(context.state_dir) if resume else new_id()
    console = Console(stderr=True, highlight=False)
    verdict = asyncio.run(run_loop(context, options, loop_id, console))
    report(context, loop_id, console)
    finish(verdict)


async def run_loop(context: Context, options: LoopOptions, loop_id: str, console: Console) -> Verdict:
    """Run one loop, or go on with it when its journal is there already; every event is printed as it happens."""
    path = journal_path(context.state_dir, loop_id)
    state = fold(read(path)) if path.exists() else LoopState()
    journal = Journal.reopen(path) if path.exists() else Journal.create(path)
    journal.listen(TerminalView(console))
    target = LocalTarget(context.system, context.project, context.environment)
    scene = Scene(context, target, Recorder(f"o{state.observations}-" if state.loop_id else "o"))
    try:
        return await Loop(scene, journal, options, state).run(loop_id)
    finally:
        journal.close()


def report(context: Context, loop_id: str, console: Console) -> None:
    """Write the worklog's files, print what people need last, and the JSON result if it was asked for."""
    log = write_worklog(context, loop_id)
    closing(log, console)
    folder = journal_path(context.state_dir, loop_id).parent.relative_to(context.project)
    console.print(f"worklog: {folder}/worklog.md and {folder}/worklog.html", soft_wrap=True)
    if context.output == "json":
        print(json.dumps(summary(log, f"{folder}/worklog.md")))
        sys.stdout.flush()


def write_worklog(context: Context, loop_id: str) -> Worklog:
    """Compute a loop's worklog from its journal and write its files beside it."""
    path = journal_path(context.state_dir, loop_id)
    log = worklog.fold(read(path))
    write_files(log, path.parent)
    return log


def new_id() -> str:
    """A loop's name: sorts by time and is unique on a machine."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def unfinished(state_dir: Path) -> str:
    """The newest loop of this environment, if it has not ended."""
    journals = sorted((state_dir / "loops").glob("*/journal.jsonl"))
    if not journals:
        raise StateError(
            "there is no loop to resume", where=str(state_dir / "loops"), hint="start one: goldenpath loop"
        )
    if fold(read(journals[-1])).finished:
        raise StateError("the newest loop has ended", where=journals[-1].parent.name, hint="start one: goldenpath loop")
    return journals[-1].parent.name
