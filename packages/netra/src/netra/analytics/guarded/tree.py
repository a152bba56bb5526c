"""The second wall: the server's own reading of the text (`explain ast`) holds nothing but what is allowed; pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from netra.analytics.guarded.functions import allowed
from netra.errors import ToolError

RELATION = "events"
LINE = re.compile(r"(?P<indent> *)(?P<kind>\w+)(?: (?P<name>.*?))?(?: \(alias .*\))?(?: \(children \d+\))?")
NODES = frozenset(
    {
        "ArrayJoin",
        "Asterisk",
        "ColumnsRegexpMatcher",
        "ExpressionList",
        "Function",
        "Identifier",
        "InterpolateElement",
        "Literal",
        "OrderByElement",
        "QualifiedAsterisk",
        "SelectIntersectExceptQuery",
        "SelectQuery",
        "SelectWithUnionQuery",
        "Subquery",
        "TableExpression",
        "TableIdentifier",
        "TableJoin",
        "TablesInSelectQuery",
        "TablesInSelectQueryElement",
        "WindowDefinition",
        "WithElement",
    }
)
MEMBERSHIP = frozenset({"in", "notin", "globalin", "globalnotin"})
SAID = {"Set": "a SETTINGS clause", "QueryParameter": "a query parameter", "SampleRatio": "SAMPLE"}


@dataclass(kw_only=True)
class Node:
    """One node of the syntax tree."""

    kind: str
    name: str
    children: list["Node"] = field(default_factory=list["Node"])

    def all(self) -> Iterator["Node"]:
        """This one and every one below it."""
        yield self
        for child in self.children:
            yield from child.all()


def check(lines: Sequence[str], named: frozenset[str]) -> None:
    """Raise ToolError unless the tree reads `events` and the text's own expressions only, by allowed functions."""
    tables = {RELATION, *named}
    for node in parsed(lines).all():
        if node.kind not in NODES:
            raise _refused(f"{SAID.get(node.kind, node.kind)} is not allowed")
        match node.kind:
            case "TableIdentifier":
                _check_table(node.name, tables)
            case "TableExpression":
                _check_source(node)
            case "Function":
                _check_function(node)
            case _:
                pass


def parsed(lines: Sequence[str]) -> Node:
    """The tree of an indented listing; a line that is none makes the text refused."""
    root = Node(kind="ExpressionList", name="")
    path = [root]
    for line in lines:
        found = LINE.fullmatch(line)
        if found is None or len(found["indent"]) >= len(path):
            raise _refused("it cannot be read")
        node = Node(kind=found["kind"], name=found["name"] or "")
        del path[len(found["indent"]) + 1 :]
        path[-1].children.append(node)
        path.append(node)
    return root


def _check_table(name: str, tables: set[str]) -> None:
    if name not in tables:
        raise _refused(f"there is no table {name}; the only one is {RELATION}")


def _check_source(node: Node) -> None:
    if bad := next((child for child in node.children if child.kind not in {"TableIdentifier", "Subquery"}), None):
        raise _refused(f"nothing can be read from {bad.name or bad.kind}; the only table is {RELATION}")


def _check_function(node: Node) -> None:
    if not allowed(node.name):
        raise _refused(f"the function {node.name} is not allowed")
    if node.name.lower() in MEMBERSHIP and node.children:
        # `x in name` would read a table of that name.
        second = node.children[0].children[1:2]
        if second and second[0].kind == "Identifier":
            raise _refused(f"write `in (select …)` in place of `in {second[0].name}`")


def _refused(why: str) -> ToolError:
    return ToolError(f"This SQL is not asked: {why}.", where="sql")
