"""What the rules and what a scan found, as frozen records; pure."""

import hashlib
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from goldenpath.facts import Record, Verdict

Severity = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")
Outside = Literal["", "readers"]


class Rule(Record):
    """One rule over the syntax tree of a file."""

    id: str
    severity: Severity
    message: str
    """What is wrong, in a sentence without its place."""
    why: str
    """What comes of it when the system runs."""
    foretells: tuple[str, ...] = ()
    """Causes of the catalogue that it leads to."""
    outside: Outside = ""
    """`readers`: not in the modules that may read the environment."""
    rule: dict[str, Any]
    """As ast-grep takes it."""
    fix: str | None = None
    """What stands there instead: `$NAME` and `$$$NAME` are what the pattern caught; None: a person must decide."""
    imports: str = ""
    """An import that the fix needs."""


class CodeFinding(Record):
    """One place that breaks a rule."""

    tool: Literal["goldenpath", "ruff", "import-linter", "deptry"]
    rule: str
    severity: Severity
    path: str
    """Below the project's folder."""
    line: int
    """From 1."""
    column: int = 1
    message: str
    text: str = ""
    """The line as it stands, without white space around it."""
    why: str = ""
    foretells: tuple[str, ...] = ()
    fixable: bool = False
    fingerprint: str = ""
    """Equal for the same rule on the same text in the same file, wherever its line has moved."""


class ToolRun(Record):
    """One tool, and whether it could say anything."""

    tool: str
    ran: bool
    statement: str


class CodeReport(Record):
    """The result of one check of the code."""

    verdict: Verdict
    statement: str
    score: int = Field(ge=0, le=100)
    """Of 100 files, so many are without any finding. It says how the text is and proves nothing of what it does."""
    files: int
    findings: tuple[CodeFinding, ...]
    """Those that the baseline does not know."""
    known: int
    """Findings of the baseline that are still there."""
    gone: int
    """Findings of the baseline that are not there any more."""
    tools: tuple[ToolRun, ...]
    seconds: float


def fingerprinted(findings: Iterable[CodeFinding]) -> tuple[CodeFinding, ...]:
    """In order of place, each with its fingerprint; equal lines of one file are told apart by their number."""
    seen: dict[str, int] = {}
    marked: list[CodeFinding] = []
    for finding in sorted(findings, key=lambda f: (f.path, f.line, f.column, f.tool, f.rule)):
        key = "\n".join((finding.tool, finding.rule, finding.path, finding.text or finding.message))
        seen[key] = seen.get(key, 0) + 1
        digest = hashlib.sha256(f"{key}\n{seen[key]}".encode()).hexdigest()[:16]
        marked.append(finding.model_copy(update={"fingerprint": digest}))
    return tuple(marked)


def score_of(files: int, findings: Iterable[CodeFinding]) -> int:
    """Of 100 files, how many are clean: 0 to 100, whatever the number of findings."""
    unclean = len({finding.path for finding in findings})
    return 0 if not files else max(0, min(100, round(100 * (files - unclean) / files)))
