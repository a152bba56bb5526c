"""The rules over the text of one file; pure."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from ast_grep_py import SgNode, SgRoot

from goldenpath.code.model import CodeFinding, Rule


def scan(path: str, text: str, rules: Iterable[Rule], *, is_reader: bool) -> tuple[CodeFinding, ...]:
    """Every place of this file that breaks a rule; `is_reader` says that the file may read the environment."""
    root, lines = SgRoot(text, "python").root(), text.splitlines()
    return tuple(
        _finding(path, lines, rule, node)
        for rule in rules
        if not (is_reader and rule.outside == "readers")
        for node in matches(root, rule)
    )


def matches(root: SgNode, rule: Rule) -> Iterator[SgNode]:
    """The places where the rule holds, the outermost first; none inside another of the same rule."""
    end = -1
    found = cast("list[SgNode]", cast("Any", root).find_all({"rule": rule.rule}))
    for node in sorted(found, key=lambda n: (n.range().start.index, -n.range().end.index)):
        if node.range().start.index >= end:
            end = node.range().end.index
            yield node


def _finding(path: str, lines: list[str], rule: Rule, node: SgNode) -> CodeFinding:
    start = node.range().start
    return CodeFinding(
        tool="goldenpath",
        rule=rule.id,
        severity=rule.severity,
        path=path,
        line=start.line + 1,
        column=start.column + 1,
        message=rule.message,
        text=lines[start.line].strip() if start.line < len(lines) else "",
        why=rule.why,
        foretells=rule.foretells,
        fixable=rule.fix is not None,
    )
