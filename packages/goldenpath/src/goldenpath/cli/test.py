"""`goldenpath test`: the end-to-end tests of the live revision, each with its proofs."""

import asyncio

import click
from rich.console import Console

from goldenpath.cli.options import Context, finish, shared, show
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.errors import StateError, UsageError
from goldenpath.facts import Record, SuiteResult
from goldenpath.loop.scene import Scene
from goldenpath.loop.suites import run_of
from goldenpath.probes.record import Recorder
from goldenpath.testing.again import run_again
from goldenpath.testing.control import run_controls
from goldenpath.testing.run import SuiteRun, run_suite
from goldenpath.testing.select import changed_files, changed_selection, last_failed_selection
from goldenpath.testing.store import SuiteStore
from goldenpath.testing.tally import with_controls
from goldenpath.testing.target import FailFast, Selection
from goldenpath.testing.terminal import line_of, summary


class Wanted(Record):
    """What the command line asks for."""

    suite: str
    revision: str
    priorities: tuple[int, ...]
    categories: tuple[str, ...]
    journeys: tuple[str, ...]
    changed: str | None
    last_failed: bool
    fail_fast: FailFast
    workers: int | None


class Tested(SuiteResult):
    """The result of the command."""

    suite: str
    revision: str
    door: str
    junit: str


class Stop(click.ParamType[FailFast]):
    """`never`, `first`, `category` or `threshold:N`."""

    name = "stop"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> FailFast:
        """Read the mode and, of a threshold, its number."""
        if isinstance(value, FailFast):
            return value
        mode, _, number = str(value).partition(":")
        try:
            return FailFast.model_validate({"mode": mode, **({"threshold": number} if number else {})})
        except ValueError:
            self.fail(f"{value!r} is not never, first, category or threshold:N", param, ctx)


@click.command()
@click.option("--suite", default="", help="The suite; else the manifest's first.")
@click.option("--revision", default="", help="The revision to test; else the live one.")
@click.option("--priority", "priorities", type=int, multiple=True, help="Only tests of this priority; may be repeated.")
@click.option("--category", "categories", multiple=True, help="Only tests of this category; may be repeated.")
@click.option("--journey", "journeys", multiple=True, help="Only tests that protect this journey; may be repeated.")
@click.option("--changed", is_flag=False, flag_value="HEAD", help="Only what changed since a commit, HEAD by default.")
@click.option("--last-failed", is_flag=True, help="Only what was not proven last time.")
@click.option("--fail-fast", type=Stop(), default="never", help="never, first, category or threshold:N.")
@click.option("--workers", type=click.IntRange(0, 16), help="Processes that run tests; else the manifest's.")
@shared
def command(context: Context, **wanted: object) -> None:
    """Run the end-to-end tests and prove them real."""
    tested = asyncio.run(test(context, Wanted.model_validate(wanted)))
    show(context, tested, summary(tested))
    finish(tested.verdict)


async def test(context: Context, wanted: Wanted) -> Tested:
    """Run the suite, then the same tests against a dead target and an impostor; each result is told on stderr."""
    suite = wanted.suite or next(iter(context.system.suites), "")
    store = SuiteStore(context.state_dir, suite)
    run = await _run(context, wanted, suite, store)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    first = await run_suite(run, on_result=lambda ended: console.print(line_of(ended)))
    result = await run_again(run, first, on_result=lambda ended: console.print(line_of(ended)))
    if result.counts.executed:
        result = with_controls(result, await run_controls(run))
    report = store.keep(suite, result)
    place = {"suite": suite, "revision": run.target.revision, "door": run.target.door, "junit": str(report)}
    return Tested.model_validate({**result.model_dump(), **place})


async def _run(context: Context, wanted: Wanted, suite: str, store: SuiteStore) -> SuiteRun:
    if suite not in context.system.suites:
        known = ", ".join(context.system.suites) or "none"
        raise UsageError(f"no suite {suite!r}", where="goldenpath.toml", hint=f"suites: {known}")
    target = LocalTarget(context.system, context.project, context.environment)
    live = target.live()
    name = target.revision(wanted.revision).name if wanted.revision else live.name if live else ""
    if not name:
        raise StateError("nothing is deployed", where=context.environment, hint="run `goldenpath deploy`")
    scene = Scene(context, target, Recorder("t"))
    selection = await _selection(context, wanted, suite, store)
    run = run_of(scene, name, store.new_run(), suite=suite, selection=selection)
    workers = run.workers if wanted.workers is None else wanted.workers
    return run.model_copy(update={"fail_fast": wanted.fail_fast, "workers": workers})


async def _selection(context: Context, wanted: Wanted, suite: str, store: SuiteStore) -> Selection:
    spec = context.system.suites[suite]
    chosen = last_failed_selection(store.last()) if wanted.last_failed else Selection()
    if wanted.changed is not None:
        files = await changed_files(context.project, wanted.changed)
        changed = changed_selection(files, suite=spec.path, sources=spec.sources)
        chosen = chosen.model_copy(update={"files": changed.files})
    parts = {"priorities": wanted.priorities, "categories": wanted.categories, "journeys": wanted.journeys}
    return chosen.model_copy(update=parts)
