"""`goldenpath drill`: list drills, or inject real faults and score the loop."""

import asyncio
import json
import sys
import time
from pathlib import Path

import click
from rich.console import Console

from goldenpath.cli.loop import new_id, run_loop, write_worklog
from goldenpath.cli.options import Context, finish, shared
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.diagnosis.bundle import dump, of_journal
from goldenpath.drills.files import chosen, load
from goldenpath.drills.model import Drill, DrillResult
from goldenpath.drills.runner import run_drills
from goldenpath.drills.score import summarise
from goldenpath.errors import UsageError
from goldenpath.facts import Verdict
from goldenpath.loop.engine import journal_path
from goldenpath.loop.journal import read
from goldenpath.loop.plan import LoopOptions
from goldenpath.loop.scene import Scene
from goldenpath.probes.record import Recorder
from goldenpath.worklog.model import Worklog

FOLDER = click.Path(file_okay=False, path_type=Path)


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
        print(f"{drill.id:32} {drill.kind:8} expects {expected:36} {drill.title}")


@command.command("run")
@click.argument("ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every drill of the project.")
@click.option("--times", type=click.IntRange(1, 20), default=1, help="Run the choice this often in a row.")
@click.option("--record", type=FOLDER, help="Write each drill's evidence to this folder, as bundles.")
@shared
def run_command(context: Context, ids: tuple[str, ...], every: bool, times: int, record: Path | None) -> None:
    """Run drills by id, or all; exit 1 when one did not pass."""
    if every == bool(ids):
        raise UsageError("name drills or give --all", where="goldenpath drill run")
    drills = chosen(load(context.project / "drills"), ids) * times
    console = Console(stderr=True, highlight=False)
    begun = time.monotonic()
    results = asyncio.run(_run(context, drills, console, record))
    summary = summarise(results)
    verdict: Verdict = "pass" if summary.passed == summary.drills else "fail"
    if context.output == "json":
        listed = [r.model_dump(mode="json") for r in results]
        seconds = round(time.monotonic() - begun, 1)
        totals = summary.model_dump(mode="json")
        print(json.dumps({"verdict": verdict, "drills": listed, "summary": totals, "seconds": seconds}))
        sys.stdout.flush()
    else:
        print("\n".join(_line(r) for r in results))
        print(
            f"{summary.passed} of {summary.drills} passed; right first {summary.right_first} of {summary.faults} "
            f"(chance {summary.chance:.0%}), abstained {summary.abstained}, wrong {summary.wrong}; "
            f"false alarms {summary.false_alarms} of {summary.controls}; fixed {summary.fixed}, undone {summary.undone}"
        )
    finish(verdict)


async def _run(context: Context, drills: tuple[Drill, ...], console: Console, record: Path | None) -> list[DrillResult]:
    async def whole_loop(options: LoopOptions) -> tuple[Verdict, Worklog]:
        loop_id = new_id()
        verdict = await run_loop(context, options, loop_id, console)
        return verdict, write_worklog(context, loop_id)

    target = LocalTarget(context.system, context.project, context.environment)
    scene = Scene(context, target, Recorder("d"))
    results: list[DrillResult] = []
    async for result in run_drills(drills, scene, whole_loop):
        results.append(result)
        console.print(_line(result), soft_wrap=True)
        if record is not None:
            _write_bundle(context, result, record)
    return results


def _write_bundle(context: Context, result: DrillResult, folder: Path) -> None:
    """Write what the drill's loop drew its cause from."""
    folder.mkdir(parents=True, exist_ok=True)
    events = read(journal_path(context.state_dir, result.loop))
    bundle = of_journal(context.system, events, f"drill {result.id}: {result.title}")
    (folder / f"{result.id}.json").write_text(dump(bundle, str(context.project)), encoding="utf-8")


def _line(result: DrillResult) -> str:
    mark = "pass" if result.passed else "FAIL"
    cause = f"cause after {result.cause_s:.1f} s" if result.cause_s is not None else "no cause"
    named = ", ".join(result.named) or "nothing"
    return f"{mark}  {result.id:28} named {named}; {cause}; {result.reason} ({result.seconds:.0f} s)"
