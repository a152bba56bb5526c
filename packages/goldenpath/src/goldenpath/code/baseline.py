"""Findings that are known: only what is new fails."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from goldenpath.code.model import CodeFinding
from goldenpath.errors import StateError
from goldenpath.facts import Record

FORMAT = "goldenpath.code-baseline/1"


class Known(Record):
    """One finding that was there when the baseline was written."""

    fingerprint: str
    tool: str
    rule: str
    path: str
    text: str = ""


class Baseline(Record):
    """The whole file."""

    format: str = FORMAT
    findings: tuple[Known, ...] = ()


class Compared(Record):
    """What a baseline makes of findings."""

    new: tuple[CodeFinding, ...]
    known: int
    gone: int


def read_baseline(path: Path) -> Baseline:
    """The baseline; empty when there is none; StateError when it is no baseline."""
    if not path.exists():
        return Baseline()
    try:
        found = Baseline.model_validate_json(path.read_bytes())
    except (ValidationError, OSError) as error:
        raise StateError("it is no baseline", where=str(path), hint="write it anew with --update-baseline") from error
    if found.format != FORMAT:
        raise StateError(f"its format is {found.format}, not {FORMAT}", where=str(path), hint="--update-baseline")
    return found


def write_baseline(path: Path, findings: Iterable[CodeFinding]) -> None:
    """Know these from now on; ordered, so that a change of it reads well."""
    known = [Known(fingerprint=f.fingerprint, tool=f.tool, rule=f.rule, path=f.path, text=f.text) for f in findings]
    ordered = sorted(known, key=lambda k: (k.path, k.tool, k.rule, k.text, k.fingerprint))
    body = Baseline(findings=tuple(ordered)).model_dump(mode="json")
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def compared(baseline: Baseline, findings: Iterable[CodeFinding]) -> Compared:
    """Which findings are new, how many are known, and how many of those known are gone; pure."""
    left = Counter(known.fingerprint for known in baseline.findings)
    new: list[CodeFinding] = []
    for finding in findings:
        if left[finding.fingerprint]:
            left[finding.fingerprint] -= 1
        else:
            new.append(finding)
    gone = sum(left.values())
    return Compared(new=tuple(new), known=len(baseline.findings) - gone, gone=gone)
