"""`goldenpath check`: the env contract, every edge, the documents, the processes and the budgets, side by side."""

import asyncio
import time

import click
from pydantic import JsonValue
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from goldenpath.checks.judge import judge
from goldenpath.checks.status import components
from goldenpath.checks.verdict import verdict_of
from goldenpath.cli.check_code import check_code
from goldenpath.cli.options import Context, finish, shared, show
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.errors import DeployError
from goldenpath.facts import ComponentStatus, Finding, Observation, Record, Verdict
from goldenpath.loop.gate import judge_invariants, judge_journeys
from goldenpath.loop.inside import hosts, metrics, news, servers
from goldenpath.loop.scene import Observations, Scene, together
from goldenpath.manifest.model import System
from goldenpath.probes.phase import PHASES
from goldenpath.probes.record import Recorder

STYLES = {
    "pass": "green",
    "fail": "red",
    "not_proven": "yellow",
    "healthy": "green",
    "degraded": "yellow",
    "unhealthy": "red",
    "unknown": "yellow",
}
SHOWN = (*PHASES, "health")
"""Columns of milliseconds, in the order in which they pass."""


class CheckResult(Record):
    """What one check found."""

    revision: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    components: tuple[ComponentStatus, ...] = ()
    observations: tuple[Observation, ...] = ()
    seconds: float


@click.group(invoke_without_command=True)
@click.option("--revision", default="", help="The revision to check; else the live one.")
@click.option("--journeys", is_flag=True, help="Make a synthetic run of each journey, too.")
@shared
def command(context: Context, revision: str, journeys: bool) -> None:
    """Check the env contract, every edge and the budgets."""
    if click.get_current_context().invoked_subcommand:
        return
    result = asyncio.run(check(context, revision, journeys=journeys))
    show(context, as_json(result), as_text(result))
    finish(result.verdict)


command.add_command(check_code)


async def check(context: Context, revision: str = "", *, journeys: bool = False) -> CheckResult:
    """Probe a revision and judge what was seen; without one, nothing is proven."""
    begun = time.perf_counter()
    target = LocalTarget(context.system, context.project, context.environment)
    live = target.live()
    name = target.revision(revision).name if revision else live.name if live else ""
    if not name:
        statement = "nothing is deployed: run `goldenpath deploy`"
        missing = Finding(check="deployed", subject=context.environment, verdict="not_proven", statement=statement)
        return CheckResult(revision="", verdict="not_proven", findings=(missing,), seconds=time.perf_counter() - begun)
    scene = Scene(context, target, Recorder())
    findings, seen = await _probe(scene, name, journeys=journeys)
    return CheckResult(
        revision=name,
        verdict=verdict_of(findings),
        findings=findings,
        components=components(context.system, seen),
        observations=seen,
        seconds=round(time.perf_counter() - begun, 3),
    )


async def _probe(scene: Scene, revision: str, *, journeys: bool) -> tuple[tuple[Finding, ...], Observations]:
    """Everything side by side; only the edges wait, for the contract's defaults."""
    probes = [
        scene.health(revision),
        scene.processes(revision),
        scene.startup(revision),
        scene.pending(revision),
        scene.invariants(revision),
        hosts(scene, revision),
        servers(scene, revision),
        metrics(scene, revision),
        *((scene.journeys(revision),) if journeys else ()),
    ]
    (env, declared), measured = await asyncio.gather(_declared(scene, revision), together(probes))
    seen = (*declared, *measured, *news(scene, revision))
    found = (*env, *judge(scene.system, [o for o in seen if o.probe != "env"]))
    return (*found, *_laws(scene.system, seen, journeys=journeys)), seen


async def _declared(scene: Scene, revision: str) -> tuple[tuple[Finding, ...], Observations]:
    try:
        await scene.schema(revision)
    except DeployError as error:
        statement = f"the contract is not known: {error.message}"
        unknown = Finding(check="env_contract", subject="revision", verdict="not_proven", statement=statement)
        return (unknown,), ()
    (observed, findings), edges = await asyncio.gather(scene.variables(revision), scene.edges(revision))
    return findings, (*observed, *edges)


def _laws(system: System, seen: Observations, *, journeys: bool) -> tuple[Finding, ...]:
    invariants = judge_invariants(system, seen)
    return (*invariants, *judge_journeys(system, seen)) if journeys else invariants


def as_json(result: CheckResult) -> dict[str, JsonValue]:
    """The result as one object; of each component its status and the milliseconds by phase."""
    body = result.model_dump(mode="json", exclude={"components"})
    body["components"] = {
        c.component: {"status": c.status, "text": c.text, **{f"{phase}_ms": ms for phase, ms in c.ms.items()}}
        for c in result.components
    }
    return body


def as_text(result: CheckResult) -> RenderableType:
    """A line for each component and for each finding that does not pass, then the verdict."""
    passed = sum(finding.verdict == "pass" for finding in result.findings)
    closing = f"{result.verdict} - {passed} of {len(result.findings)} findings pass, {result.seconds:.2f} s"
    verdict = Text(f"{closing}, revision {result.revision or 'none'}", style=STYLES[result.verdict])
    parts: list[RenderableType] = [_table(result.components)] if result.components else []
    wrong = [finding for finding in result.findings if finding.verdict != "pass"]
    return Group(*parts, *(_line(finding) for finding in wrong), verdict)


def _table(statuses: tuple[ComponentStatus, ...]) -> Table:
    columns = [phase for phase in SHOWN if any(phase in c.ms for c in statuses)]
    table = Table("component", "status", *(f"{column} ms" for column in columns), "remarks", box=None, pad_edge=False)
    for c in statuses:
        times = [f"{c.ms[column]:.1f}" if column in c.ms else "" for column in columns]
        table.add_row(c.component, Text(c.status, style=STYLES[c.status]), *times, Text(c.text))
    return table


def _line(finding: Finding) -> Text:
    mark = finding.verdict if finding.required else f"{finding.verdict} (optional)"
    line = Text(mark, style=STYLES[finding.verdict])
    return line.append(f"  {finding.check}  {finding.subject}: {finding.statement}", style="default")
