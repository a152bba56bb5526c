"""goldenpath.toml to a `System`: everything that is wrong with it is said at once, each with its line."""

import re
import tomllib
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from goldenpath.errors import ManifestError
from goldenpath.facts import Record
from goldenpath.manifest import references
from goldenpath.manifest.lines import Path as KeyPath
from goldenpath.manifest.lines import key_lines, line_of
from goldenpath.manifest.model import System

_POSITION = re.compile(r"^(?P<message>.*?) \(at (?:line (?P<line>\d+), column \d+|end of document)\)$", re.DOTALL)


class Problem(Record):
    """One thing wrong with a manifest."""

    line: int
    """From 1."""
    message: str


def load(path: Path) -> System:
    """Read a manifest; raises ManifestError that names every problem with file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        hint = "name the project folder with --project"
        raise ManifestError(f"cannot be read: {error.strerror}", where=str(path), hint=hint) from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"is not UTF-8: byte {error.start}", where=path.name) from error
    return parse(text, path.name)


def parse(text: str, name: str = "goldenpath.toml") -> System:
    """The system that this text describes; `name` leads each line number of a ManifestError."""
    found = read(text)
    if isinstance(found, System):
        return found
    first, *more = found
    rest = "".join(f"\n{name}:{problem.line}: {problem.message}" for problem in more)
    raise ManifestError(first.message + rest, where=f"{name}:{first.line}")


def read(text: str) -> System | tuple[Problem, ...]:
    """The system, or everything that is wrong with the text, by line."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return (_syntax(str(error), text),)
    lines = key_lines(text)
    dangling = [_at(lines, path, message) for path, message in references.dangling(document)]
    try:
        system = System.model_validate(document)
    except ValidationError as error:
        shape = [_shape(lines, detail) for detail in error.errors() if detail["loc"]]
        return tuple(sorted([*shape, *dangling], key=_order))
    unsound = [_at(lines, path, message) for path, message in references.unsound(system)]
    return tuple(sorted([*dangling, *unsound], key=_order)) or system


def _order(problem: Problem) -> tuple[int, str]:
    return problem.line, problem.message


def _at(lines: dict[KeyPath, int], path: KeyPath, message: str) -> Problem:
    return Problem(line=line_of(lines, path), message=f"{_dotted(path)}: {message}")


def _syntax(message: str, text: str) -> Problem:
    found = _POSITION.match(message)
    line = int(found["line"]) if found and found["line"] else text.count("\n") + 1
    return Problem(line=line, message=f"not TOML: {found['message'] if found else message}")


def _shape(lines: dict[KeyPath, int], detail: ErrorDetails) -> Problem:
    path = tuple(part for part in detail["loc"] if part != "[key]")
    match detail["type"]:
        case "extra_forbidden":
            return _at(lines, path, "unknown key")
        case "missing":
            return _at(lines, path, "this key is missing")
        case _:
            return _at(lines, path, detail["msg"][:1].lower() + detail["msg"][1:])


def _dotted(path: KeyPath) -> str:
    return ".".join(str(part) for part in path)
