"""Which libraries for replacing real things a test file loads, read from its source and not from what it says."""

import ast
from collections.abc import Iterable
from pathlib import Path

REPLACERS = (
    "unittest.mock",
    "mock",
    "pytest_mock",
    "pytest_httpx",
    "respx",
    "responses",
    "requests_mock",
    "vcr",
    "fakeredis",
    "freezegun",
    "httpretty",
    "aioresponses",
)


def replacers_in(source: str) -> tuple[str, ...]:
    """The replacing libraries that this Python source imports anywhere."""
    found = {name for node in ast.walk(ast.parse(source)) for name in _imported(node) if _replaces(name)}
    return tuple(sorted(found))


def replacers_of(files: Iterable[Path]) -> dict[str, tuple[str, ...]]:
    """The same for files, by path; only files that import any."""
    by_file = {str(file): replacers_in(file.read_text(encoding="utf-8")) for file in files}
    return {file: names for file, names in by_file.items() if names}


def support_files(suite: Path) -> tuple[Path, ...]:
    """Python files of a suite that are no tests: what they import counts for every test."""
    return tuple(file for file in sorted(suite.rglob("*.py")) if not file.name.startswith("test_"))


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), names=names, level=0):
            return [module, *(f"{module}.{alias.name}" for alias in names)]
        case _:
            return []


def _replaces(name: str) -> bool:
    return any(name == replacer or name.startswith(f"{replacer}.") for replacer in REPLACERS)
