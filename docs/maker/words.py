"""What a field may hold, in words: from the type, the bounds and the default that its source says."""

import ast
from collections.abc import Mapping
from typing import NamedTuple

from .markdown import code
from .source import Field

SIMPLE = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "datetime": "time, ISO 8601",
    "UUID": "UUID",
    "JsonValue": "any JSON",
    "None": "null",
}
BOUNDS = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}", "min_length": "at least {} long"}


class Words:
    """Puts types in words; a named type is put in the words of its definition unless `called` names it otherwise."""

    def __init__(self, types: Mapping[str, ast.expr], called: Mapping[str, str]) -> None:
        """Know these named types, and what to call the others."""
        self._types = types
        self._called = called

    def of(self, kind: ast.expr) -> str:
        """The type in words."""
        match kind:
            case ast.Constant(value=None):
                return SIMPLE["None"]
            case ast.Name(id=name):
                return self._of_name(name)
            case ast.BinOp(op=ast.BitOr()):
                return " or ".join(dict.fromkeys(self.of(side) for side in _sides(kind)))
            case ast.Subscript(value=ast.Name(id=name), slice=inner):
                return self._of_generic(name, _items(inner))
            case _:
                return code(ast.unparse(kind))

    def _of_name(self, name: str) -> str:
        if name in self._called:
            return self._called[name]
        if name in SIMPLE:
            return SIMPLE[name]
        return self.of(self._types[name]) if name in self._types else code(name)

    def _of_generic(self, name: str, items: list[ast.expr]) -> str:
        match name, items:
            case "Literal", _:
                return _choice([code(text) if (text := str(ast.literal_eval(item))) else "nothing" for item in items])
            case "Annotated", [kind, *marks]:
                return ", ".join([self.of(kind), *(b for mark in marks for b in bounds(mark))])
            case "tuple", [kind, ast.Constant(value=value)] if value is ...:
                return f"list of {self.of(kind)}"
            case "tuple", _:
                return f"list of {len(items)} ({', '.join(self.of(item) for item in items)})"
            case "dict", [key, value]:
                return f"table of {self.of(value)} by {self.of(key)}"
            case _:
                return code(name)


class Told(NamedTuple):
    """A field as a row of a table tells it."""

    key: str
    kind: str
    default: str
    meaning: str


def told(field: Field, words: Words) -> Told:
    """The field in words; a `Field(…)` is taken apart into key, bounds and default."""
    key, default, limits = field.name, field.default, list[str]()
    if isinstance(default, ast.Call) and ast.unparse(default.func) == "Field":
        given = {word.arg: word.value for word in default.keywords}
        limits = list(bounds(default))
        key = str(ast.literal_eval(given["alias"])) if "alias" in given else key
        default = given.get("default") or given.get("default_factory")
    kind = ", ".join([words.of(field.kind), *limits])
    return Told(code(key), kind, _default(default), field.meaning)


def bounds(mark: ast.expr) -> list[str]:
    """The bounds that a `Field(…)` sets."""
    if not isinstance(mark, ast.Call):
        return []
    given = {str(word.arg): word.value for word in mark.keywords}
    limits = [text.format(ast.unparse(given[name])) for name, text in BOUNDS.items() if name in given]
    pattern = [f"matching {code(str(ast.literal_eval(given['pattern'])))}"] if "pattern" in given else []
    return [*limits, *pattern]


def _default(default: ast.expr | None) -> str:
    match default:
        case None:
            return ""
        case ast.Constant(value=""):
            return "empty"
        case ast.Tuple(elts=[]) | ast.Dict(keys=[]) | ast.Name(id="dict"):
            return "none"
        case ast.Constant(value=None):
            return "none"
        case ast.Constant(value=bool(value)):
            return code(str(value).lower())
        case ast.Constant(value=value):
            return code(f"{value:g}" if isinstance(value, float) else str(value))
        case ast.Call(args=[]):
            return "its own defaults"
        case _:
            return code(ast.unparse(default))


def _sides(kind: ast.expr) -> list[ast.expr]:
    match kind:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return [*_sides(left), *_sides(right)]
        case _:
            return [kind]


def _items(inner: ast.expr) -> list[ast.expr]:
    return inner.elts if isinstance(inner, ast.Tuple) else [inner]


def _choice(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
