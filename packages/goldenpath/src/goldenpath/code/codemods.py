"""The mechanical changes: each rule's fix at each of its places, shown as a diff before anything is written."""

import ast
import difflib
import re
from collections.abc import Iterable

from ast_grep_py import SgNode, SgRoot

from goldenpath.code.model import Rule
from goldenpath.code.scan import matches
from goldenpath.facts import Record

_HOLE = re.compile(r"\$\$\$(?P<many>[A-Z_]+)|\$(?P<one>[A-Z_]+)")


class Codemod(Record):
    """What becomes of one file."""

    path: str
    before: str
    after: str
    rules: tuple[str, ...]
    """Of which rules places were changed."""
    refused: str = ""
    """Why nothing is changed, if the result would be no program."""

    @property
    def diff(self) -> str:
        """As `patch` takes it."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            f"a/{self.path}",
            f"b/{self.path}",
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def rewritten(path: str, text: str, rules: Iterable[Rule], *, is_reader: bool) -> Codemod | None:
    """The file with every fix applied; None when no rule has one to apply."""
    after, changed = text, list[str]()
    for rule in rules:
        if rule.fix is None or (is_reader and rule.outside == "readers"):
            continue
        fixed = _applied(after, rule)
        if fixed != after:
            after = fixed
            changed.append(rule.id)
    if not changed:
        return None
    codemod = Codemod(path=path, before=text, after=after, rules=tuple(dict.fromkeys(changed)))
    try:
        ast.parse(after)
    except SyntaxError as error:
        refused = f"the result is no program: line {error.lineno}: {error.msg}"
        return codemod.model_copy(update={"after": text, "refused": refused})
    return codemod


def _applied(text: str, rule: Rule) -> str:
    root = SgRoot(text, "python").root()
    places = list(matches(root, rule))
    if not places:
        return text
    for node in reversed(places):
        start, end = node.range().start.index, node.range().end.index
        replacement = _replacement(node, rule)
        if not replacement:
            start, end = _with_comma(text, start, end)
        text = text[:start] + replacement + text[end:]
    return _with_import(text, rule.imports) if rule.imports else text


def _replacement(node: SgNode, rule: Rule) -> str:
    fix = rule.fix or ""
    if "->" in fix and rule.id == "moved":
        old, _, new = fix.partition("->")
        return re.sub(rf"\b{re.escape(old)}\b", new, node.text(), count=1)

    def fill(found: re.Match[str]) -> str:
        if found["many"]:
            return _between(node, node.get_multiple_matches(found["many"]))
        if found["one"] == "CALLEE":
            return node.text().partition(".")[0]
        one = node.get_match(found["one"])
        return one.text() if one else ""

    return _HOLE.sub(fill, fix)


def _between(node: SgNode, parts: list[SgNode]) -> str:
    """What stands from the first of these parts to the last, as it is written."""
    if not parts:
        return ""
    begin = node.range().start.index
    return node.text()[parts[0].range().start.index - begin : parts[-1].range().end.index - begin]


def _with_comma(text: str, start: int, end: int) -> tuple[int, int]:
    """The place of an argument with the comma that goes with it."""
    after = re.match(r"\s*,\s*", text[end:])
    if after:
        return start, end + after.end()
    before = re.search(r",\s*$", text[:start])
    return (before.start() if before else start), end


def _with_import(text: str, line: str) -> str:
    """The text with this import, unless it has it; after the last import at its beginning."""
    module, _, name = line.removeprefix("from ").partition(" import ")
    tree = ast.parse(text)
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    if any(isinstance(n, ast.ImportFrom) and n.module == module and name in {a.name for a in n.names} for n in top):
        return text
    lines = text.splitlines(keepends=True)
    doc = tree.body[:1] if tree.body and isinstance(tree.body[0], ast.Expr) else []
    at = max((node.end_lineno or 0 for node in (top or doc)), default=0)
    return "".join([*lines[:at], f"{line}\n", *lines[at:]])
