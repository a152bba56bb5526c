"""`goldenpath drill`: list drills, or inject real faults and score the loop."""

import asyncio
import json
import shutil
import sys
import time
from pathlib import Path

import click
from pydantic import TypeAdapter
from rich.console import Console

from goldenpath.cli.loop import new_id, run_loop, write_worklog
from goldenpath.cli.options import Context, finish, shared, show
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.diagnosis.bundle import dump, of_journal
from goldenpath.drills.files import chosen, load, read
from goldenpath.drills.model import Drill, DrillResult
from goldenpath.drills.needs import NETWORK, missing
from goldenpath.drills.net.site import ENVIRONMENT, files_of, prepare, run_inside, spec_of, system_inside
from goldenpath.drills.replaying import replay
from goldenpath.drills.runner import run_drills
from goldenpath.drills.score import summarise
from goldenpath.drills.scoreboard import line, lines
from goldenpath.errors import GoldenPathError, StateError, UsageError
from goldenpath.facts import Verdict
from goldenpath.loop.engine import journal_path
from goldenpath.loop.journal import read as read_journal
from goldenpath.loop.plan import LoopOptions
from goldenpath.loop.proposing import portable
from goldenpath.loop.scene import Scene
from goldenpath.probes.record import Recorder
from goldenpath.worklog.model import Worklog

FOLDER = click.Path(file_okay=False, resolve_path=True, path_type=Path)


@click.group()
def command() -> None:
    """List drills, or inject real faults and score the loop."""


@command.command("list")
@shared
def list_command(context: Context) -> None:
    """Name every drill of the project's `drills` folder."""
    drills = load(context.project / "drills")
    if context.output == "json":
        print(json.dumps({"drills": [d.model_dump(mode="json") for d in drills]}))
        return
    for drill in drills:
        expected = f"{drill.expect.component}:{drill.expect.cause}" if drill.expect else "nothing"
        print(f"{drill.group:10} {drill.id:32} {drill.kind:8} expects {expected:36} {drill.title}")


@command.command("run")
@click.argument("names", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every drill of the project.")
@click.option("--times", type=click.IntRange(1, 20), default=1, help="Run the choice this often in a row.")
@click.option("--record", type=FOLDER, help="Write each drill's evidence to this folder, as bundles.")
@click.option("--inside", is_flag=True, hidden=True, help="We are in the network that exists for these drills.")
@shared
def run_command(
    context: Context, names: tuple[str, ...], every: bool, times: int, record: Path | None, inside: bool
) -> None:
    """Run drills by id or group, or all; exit 1 when one did not pass."""
    if every == bool(names):
        raise UsageError("name drills or give --all", where="goldenpath drill run")
    drills = chosen(load(context.project / "drills"), names) * times
    console = Console(stderr=True, highlight=False)
    begun, results = time.monotonic(), list[DrillResult]()
    try:
        asyncio.run((_run_inside if inside else _run_all)(context, drills, console, record, results))
    except (KeyboardInterrupt, GoldenPathError):
        # An hour's results are not thrown away for what came after them.
        console.print(f"ended early: {len(results)} of {len(drills)} drills were run")
        if results:
            _show_scores(context, results, "not_proven", time.monotonic() - begun)
        raise
    verdict: Verdict = "pass" if all(r.passed or r.not_run for r in results) else "fail"
    _show_scores(context, results, verdict, time.monotonic() - begun)
    finish(verdict)


def _show_scores(context: Context, results: list[DrillResult], verdict: Verdict, seconds: float) -> None:
    if context.output == "json":
        listed = [r.model_dump(mode="json") for r in results]
        totals = summarise(results).model_dump(mode="json")
        print(json.dumps({"verdict": verdict, "drills": listed, "summary": totals, "seconds": round(seconds, 1)}))
    else:
        print("\n".join(lines(results)))
    sys.stdout.flush()


@command.command("adopt")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path))
@click.option("--group", default="recorded", help="The folder of drills that it comes into.")
@shared
def adopt_command(context: Context, file: Path, group: str) -> None:
    """Take a proposed drill and its evidence over into the project's `drills`, if the same cause is named from it."""
    folder = context.project / "drills" / group
    drill = read(file, file.parent)
    if not drill.evidence:
        raise UsageError("it names no recorded evidence", where=file.name, hint="copy a drill that injects by hand")
    result = replay(drill, file.parent)
    taken = [path for name in (file.name, drill.evidence) if (path := folder / name).exists()]
    if taken:
        raise StateError("it was adopted already", where=str(taken[0].relative_to(context.project)))
    if result.passed:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (file.name, drill.evidence):
            shutil.copyfile(file.parent / name, folder / name)
    verdict: Verdict = "pass" if result.passed else "fail"
    shown = str((folder / file.name).relative_to(context.project))
    show(
        context,
        {"verdict": verdict, "drill": drill.id, "path": shown, "reason": result.reason},
        f"{shown}: {result.reason}",
    )
    finish(verdict)


async def _run_all(
    context: Context, drills: tuple[Drill, ...], console: Console, record: Path | None, results: list[DrillResult]
) -> None:
    """Here, or where a drill needs it in a network of its own."""
    apart = tuple(d for d in drills if NETWORK in d.needs and not missing(d))
    here = tuple(d for d in drills if d not in apart)
    if here:
        await _run(context, here, console, record, results)
    if apart:
        words = (*(d.id for d in apart), *(("--record", str(record)) if record else ()))
        told = await run_inside(context.project, words)
        if "error" in told:
            raise StateError(str(told["error"]), where="network namespace")
        results += TypeAdapter(list[DrillResult]).validate_python(told["drills"])


async def _run_inside(
    context: Context, drills: tuple[Drill, ...], console: Console, record: Path | None, results: list[DrillResult]
) -> None:
    """The whole site in this network; nothing of it is left running."""
    spec, files = spec_of(context.project / "drills"), files_of(context.project)
    prepare(spec, files)
    system = system_inside(context.system, spec, files)
    placed = context.model_copy(update={"system": system, "environment": ENVIRONMENT})
    try:
        await _run(placed, drills, console, record, results)
    finally:
        await LocalTarget(system, context.project, ENVIRONMENT).down()


async def _run(
    context: Context, drills: tuple[Drill, ...], console: Console, record: Path | None, results: list[DrillResult]
) -> None:
    async def whole_loop(options: LoopOptions) -> tuple[Verdict, Worklog]:
        loop_id = new_id()
        verdict = await run_loop(context, options, loop_id, console)
        return verdict, write_worklog(context, loop_id)

    target = LocalTarget(context.system, context.project, context.environment)
    scene = Scene(context, target, Recorder("d"))
    async for result in run_drills(drills, scene, whole_loop):
        results.append(result)
        console.print(line(result), soft_wrap=True)
        if record is not None and result.loop:
            _write_bundle(context, result, record)


def _write_bundle(context: Context, result: DrillResult, folder: Path) -> None:
    """Write what the drill's loop drew its cause from, into a folder for each group."""
    folder = folder / result.group
    folder.mkdir(parents=True, exist_ok=True)
    events = read_journal(journal_path(context.state_dir, result.loop))
    bundle = of_journal(context.system, events, f"drill {result.id}: {result.title}")
    text = portable(dump(bundle, str(context.project)))
    (folder / f"{result.id}.json").write_text(text, encoding="utf-8")
