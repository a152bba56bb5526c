"""Python source as data: the classes of a module with their fields, and its named types."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOURCES = Path(__file__).resolve().parents[2] / "packages"
NETRA = SOURCES / "netra/src/netra"
GOLDENPATH = SOURCES / "goldenpath/src/goldenpath"


class Field(NamedTuple):
    """One annotated name of a class, with the string below it."""

    name: str
    kind: ast.expr
    default: ast.expr | None
    meaning: str


class Described(NamedTuple):
    """One class as its source says it."""

    name: str
    meaning: str
    fields: tuple[Field, ...]


class Source(NamedTuple):
    """One module: its public classes in order, and the types it gives names to."""

    meaning: str
    classes: tuple[Described, ...]
    types: dict[str, ast.expr]

    def named(self, name: str) -> Described:
        """The class of that name."""
        return next(described for described in self.classes if described.name == name)


def read(path: Path) -> Source:
    """Read a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [n for n in tree.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_")]
    return Source(ast.get_docstring(tree) or "", tuple(_described(node) for node in classes), dict(_types(tree)))


def joined(text: str | None) -> str:
    """A text on one line."""
    return " ".join((text or "").split())


def _described(node: ast.ClassDef) -> Described:
    return Described(node.name, joined(ast.get_docstring(node)), tuple(_fields(node)))


def _fields(node: ast.ClassDef) -> Iterator[Field]:
    for item, after in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            yield Field(item.target.id, item.annotation, item.value, _below(after))


def _below(node: ast.stmt | None) -> str:
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return joined(text)
        case _:
            return ""


def _types(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Assignments such as `Kind = Literal[…]`; constants are none, for they are written in capitals."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.isupper():
                yield name, value
            case _:
                pass
