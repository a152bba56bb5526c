"""One check of the code: every rule and tool, held against what is known."""

import asyncio
import time
from pathlib import Path

from goldenpath.code.baseline import compared, read_baseline, write_baseline
from goldenpath.code.catalogue import rules
from goldenpath.code.model import CodeFinding, CodeReport, Rule, ToolRun, fingerprinted, score_of
from goldenpath.code.moved import moved_rules
from goldenpath.code.scan import scan
from goldenpath.code.sources import SourceFile, product_code
from goldenpath.code.tools import run_tools
from goldenpath.facts import Record, Verdict
from goldenpath.manifest.code import CodeSpec


class Scanned(Record):
    """Everything that was found, before anything is known of it."""

    files: int
    findings: tuple[CodeFinding, ...]
    tools: tuple[ToolRun, ...]


def rules_of(spec: CodeSpec) -> tuple[Rule, ...]:
    """The rules that ship with goldenpath and those of the manifest."""
    return (*rules(), *moved_rules(spec.moved))


async def scan_project(project: Path, spec: CodeSpec) -> Scanned:
    """Scan every file and run every tool."""
    files = tuple(await asyncio.to_thread(lambda: tuple(product_code(project, spec))))
    told, own = await asyncio.gather(
        run_tools(project, spec, tuple(file.path for file in files)), asyncio.to_thread(_scan, files, rules_of(spec))
    )
    found = [*own, *(finding for _, findings in told for finding in findings)]
    ours = ToolRun(tool="goldenpath", ran=True, statement=f"{len(own)} findings in {len(files)} files")
    return Scanned(files=len(files), findings=fingerprinted(found), tools=(ours, *(run for run, _ in told)))


async def check_code(project: Path, spec: CodeSpec) -> CodeReport:
    """Scan, and judge what the baseline does not know: anything new fails, a tool that could not run proves nothing."""
    began = time.perf_counter()
    scanned = await scan_project(project, spec)
    held = compared(read_baseline(project / spec.baseline), scanned.findings)
    verdict, statement = judged(scanned, held.new)
    return CodeReport(
        verdict=verdict,
        statement=statement,
        score=score_of(scanned.files, scanned.findings),
        files=scanned.files,
        findings=held.new,
        known=held.known,
        gone=held.gone,
        tools=scanned.tools,
        seconds=round(time.perf_counter() - began, 3),
    )


def judged(scanned: Scanned, new: tuple[CodeFinding, ...]) -> tuple[Verdict, str]:
    """The verdict and why; pure."""
    if new:
        return "fail", f"{len(new)} new findings"
    if not scanned.files:
        return "not_proven", "there is no Python file where [code] says that the product's code is"
    silent = [run for run in scanned.tools if not run.ran]
    if silent:
        return "not_proven", "; ".join(f"{run.tool}: {run.statement}" for run in silent)
    return "pass", "no new finding"


def _scan(files: tuple[SourceFile, ...], chosen: tuple[Rule, ...]) -> list[CodeFinding]:
    return [found for file in files for found in scan(file.path, file.text, chosen, is_reader=file.is_reader)]


__all__ = ["Scanned", "check_code", "judged", "rules_of", "scan_project", "write_baseline"]
