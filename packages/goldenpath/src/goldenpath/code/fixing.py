"""Planning, writing and taking back the mechanical changes of a project's code."""

from collections.abc import Sequence
from pathlib import Path

from goldenpath.code.check import rules_of, scan_project
from goldenpath.code.codemods import Codemod, rewritten
from goldenpath.code.model import CodeFinding
from goldenpath.code.sources import product_code
from goldenpath.errors import StateError, UsageError
from goldenpath.manifest.code import CodeSpec


class Fixing:
    """The changes of one project."""

    def __init__(self, project: Path, spec: CodeSpec, chosen: Sequence[str] = ()) -> None:
        """Every rule with a fix, or the chosen ones; UsageError for a rule that has none."""
        self._project = project
        self._spec = spec
        able = [rule for rule in rules_of(spec) if rule.fix is not None]
        unknown = sorted(set(chosen) - {rule.id for rule in able})
        if unknown:
            known = ", ".join(dict.fromkeys(rule.id for rule in able))
            raise UsageError(
                f"no mechanical change for {', '.join(unknown)}", where="--rule", hint=f"there are: {known}"
            )
        self._rules = tuple(rule for rule in able if not chosen or rule.id in chosen)

    def plan(self) -> tuple[Codemod, ...]:
        """What would become of each file that changes; nothing is written."""
        files = product_code(self._project, self._spec)
        made = (rewritten(file.path, file.text, self._rules, is_reader=file.is_reader) for file in files)
        return tuple(one for one in made if one is not None)

    async def apply(self, planned: Sequence[Codemod]) -> str:
        """Write the changes; why all of them were taken back, or nothing when they stay."""
        before = await scan_project(self._project, self._spec)
        written = [one for one in planned if not one.refused]
        self._must_be(written)
        try:
            self._write(written, "after")
            after = await scan_project(self._project, self._spec)
            worse = _worse(before.findings, after.findings)
        except BaseException:
            self._write(written, "before")
            raise
        if worse:
            self._write(written, "before")
        return worse

    def _must_be(self, planned: Sequence[Codemod]) -> None:
        for one in planned:
            if (self._project / one.path).read_text(encoding="utf-8", errors="replace") != one.before:
                raise StateError("it was changed meanwhile", where=one.path, hint="try again")

    def _write(self, planned: Sequence[Codemod], which: str) -> None:
        for one in planned:
            (self._project / one.path).write_text(getattr(one, which), encoding="utf-8")


def _worse(before: Sequence[CodeFinding], after: Sequence[CodeFinding]) -> str:
    """What a change brought that was not there; pure. Lines move, so places are counted by rule and file."""
    had, has = _counted(before), _counted(after)
    more = sorted(f"{path}: {rule}" for (path, rule), count in has.items() if count > had.get((path, rule), 0))
    return f"new findings: {', '.join(more)}" if more else ""


def _counted(findings: Sequence[CodeFinding]) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for finding in findings:
        key = (finding.path, finding.rule)
        counts[key] = counts.get(key, 0) + 1
    return counts
