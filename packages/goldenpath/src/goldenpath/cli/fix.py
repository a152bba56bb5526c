"""`goldenpath fix`: plan a fix for each cause; with `--apply`, let the loop apply, verify and if need be undo it."""

import asyncio
import time

import click
from pydantic import JsonValue
from rich.console import Console, Group, RenderableType
from rich.text import Text

from goldenpath.cli.fix_code import fix_code
from goldenpath.cli.loop import new_id, run_loop
from goldenpath.cli.options import Context, finish, shared, show
from goldenpath.cli.why import STYLES, Found, find_out
from goldenpath.facts import Action, Fix, FixResult, Permission, Record, Verdict
from goldenpath.loop.engine import journal_path
from goldenpath.loop.journal import read
from goldenpath.loop.plan import LoopOptions
from goldenpath.loop.state import fold
from goldenpath.remediation.plan import plan

RESULTS: dict[Permission, FixResult] = {"auto": "planned", "ask": "needs_permission", "never": "refused"}
"""What becomes of a fix that is only planned, by what the manifest permits."""


class Fixed(Record):
    """One fix and what became of it."""

    fix: Fix
    result: FixResult
    statement: str = ""


class FixReport(Record):
    """What the command did."""

    verdict: Verdict
    revision: str
    fixes: tuple[Fixed, ...]
    without: tuple[str, ...] = ()
    """Causes for which there is no fix that the loop could make."""
    loop: str = ""
    """The loop that applied the fixes."""
    seconds: float


@click.group(invoke_without_command=True)
@click.option("--apply", "applied", is_flag=True, help="Apply what the manifest permits, verify it, undo what fails.")
@shared
def command(context: Context, applied: bool) -> None:
    """Plan, apply, verify and if need be undo a fix."""
    if click.get_current_context().invoked_subcommand:
        return
    report = asyncio.run(apply_fixes(context) if applied else plan_fixes(context))
    show(context, as_json(report), as_text(report))
    finish(report.verdict)


command.add_command(fix_code)


async def plan_fixes(context: Context) -> FixReport:
    """Name the causes in the live revision and plan a fix for each; nothing is touched."""
    found = await find_out(context)
    planned = [(cause, plan(cause, context.system, found.last_good)) for cause in found.diagnosis.causes]
    return FixReport(
        verdict=found.diagnosis.verdict,
        revision=found.revision,
        fixes=tuple(Fixed(fix=fix, result=RESULTS[fix.permission]) for _, fix in planned if fix),
        without=_without(found, [cause.statement for cause, fix in planned if fix is None]),
        seconds=found.seconds or 0.0,
    )


async def apply_fixes(context: Context) -> FixReport:
    """Judge the live revision in a loop that repairs it; what does not verify is undone."""
    begun = time.perf_counter()
    limits = context.system.limits
    options = LoopOptions(live_first=True, max_cycles=limits.cycles, max_seconds=limits.seconds)
    loop_id = new_id()
    verdict = await run_loop(context, options, loop_id, Console(stderr=True, highlight=False))
    state = fold(read(journal_path(context.state_dir, loop_id)))
    return FixReport(
        verdict=verdict,
        revision=state.promoted,
        fixes=tuple(Fixed(fix=done.fix, result=done.result, statement=done.statement) for done in state.fixes),
        without=(state.finished.reason,) if state.finished and verdict != "pass" else (),
        loop=loop_id,
        seconds=round(time.perf_counter() - begun, 3),
    )


def as_json(report: FixReport) -> dict[str, JsonValue]:
    """The report as one object; one entry for each action of each fix."""
    fixes: list[JsonValue] = [
        {
            "id": one.fix.id,
            "cause": one.fix.cause,
            "component": one.fix.component,
            "action": action.type,
            "target": target_of(action),
            "permission": one.fix.permission,
            "result": one.result,
            "expected": one.fix.expected,
            "statement": one.statement,
        }
        for one in report.fixes
        for action in one.fix.actions
    ]
    rest = report.model_dump(mode="json", exclude={"fixes"})
    return {**rest, "fixes": fixes}


def target_of(action: Action) -> str:
    """What an action acts on, without any value."""
    said = action.model_dump(mode="json", exclude={"type", "value"})
    return ", ".join(f"{name} {value}" for name, value in said.items() if value)


def as_text(report: FixReport) -> RenderableType:
    """A line for each action, then the causes without a fix, then the verdict."""
    lines = [_line(one, action) for one in report.fixes for action in one.fix.actions]
    open_ends = [Text(f"no fix: {statement}", style="yellow") for statement in report.without]
    closing = f"{report.verdict} - {len(report.fixes)} fixes, {report.seconds:.2f} s"
    return Group(*lines, *open_ends, Text(closing, style=STYLES[report.verdict]))


def _line(one: Fixed, action: Action) -> Text:
    line = Text(f"{one.result:16} ", style="bold")
    line.append(f"{one.fix.component}: {one.fix.cause}: {action.type} ({target_of(action)})", style="default")
    return line.append(f"  {one.statement or f'expected: {one.fix.expected}'}", style="dim")


def _without(found: Found, statements: list[str]) -> tuple[str, ...]:
    if found.diagnosis.verdict == "not_proven":
        return ("the cause is not proven: see `goldenpath why`",)
    return tuple(statements)
