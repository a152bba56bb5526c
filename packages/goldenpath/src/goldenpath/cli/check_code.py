"""`goldenpath check code`: rules over the product's code; only what is new fails, and no score proves anything."""

import asyncio
import importlib
import json
from pathlib import Path
from typing import Any

import click
from rich.console import Group, RenderableType
from rich.text import Text

from goldenpath import __version__
from goldenpath.cli.options import Context, finish, shared, show
from goldenpath.code.model import CodeFinding, CodeReport
from goldenpath.code.sarif import sarif
from goldenpath.errors import UsageError

STYLES = {"high": "red", "medium": "yellow", "low": "dim", "pass": "green", "fail": "red", "not_proven": "yellow"}
LIBRARY = "ast_grep_py"


@click.command("code")
@click.option("--sarif", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write SARIF 2.1.0 there, too.")
@click.option(
    "--update-baseline", is_flag=True, help="Know all that is found now: from then on only new findings fail."
)
@shared
def check_code(context: Context, file: Path | None, *, update_baseline: bool) -> None:
    """Check the product's code: one source of truth, layers, dependencies, nothing that knows of tests."""
    engine = engine_of("goldenpath.code.check")
    if update_baseline:
        scanned = asyncio.run(engine.scan_project(context.project, context.system.code))
        path = context.project / context.system.code.baseline
        engine.write_baseline(path, scanned.findings)
        context.say(f"{len(scanned.findings)} findings are known from now on: {path.name}")
    report: CodeReport = asyncio.run(engine.check_code(context.project, context.system.code))
    if file is not None:
        file.write_text(json.dumps(sarif(report, __version__), indent=1) + "\n", encoding="utf-8")
    show(context, report, as_text(report))
    finish(report.verdict)


def engine_of(module: str) -> Any:
    """A module that needs goldenpath[code]; UsageError when that is not installed."""
    try:
        # Late, because the scanner is an optional extra that most systems' commands never need.
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != LIBRARY:
            raise
        raise UsageError(f"{LIBRARY} is not installed", where="check code", hint="install goldenpath[code]") from error


def as_text(report: CodeReport) -> RenderableType:
    """A line for each new finding, then what was not looked at, then the verdict with what the score is worth."""
    lines = [_line(finding) for finding in report.findings]
    silent = [Text(f"not run  {run.tool}: {run.statement}", style="yellow") for run in report.tools if not run.ran]
    known = f", {report.known} known, {report.gone} of the known gone" if report.known or report.gone else ""
    closing = f"{report.verdict} - {report.statement}{known}; {report.files} files, {report.seconds:.1f} s"
    score = f"{report.score} of 100 files are clean, which proves nothing of what they do"
    return Group(*lines, *silent, Text(closing, style=STYLES[report.verdict]), Text(score, style="dim"))


def _line(finding: CodeFinding) -> Text:
    line = Text(f"{finding.severity:7}", style=STYLES[finding.severity])
    place = f"{finding.path}:{finding.line}:{finding.column}"
    said = f" {place}: {finding.message} [{finding.tool}:{finding.rule}]"
    line.append(said, style="default")
    if finding.foretells:
        line.append(f" -> {', '.join(finding.foretells)}", style="dim")
    return line
