"""Which files are the product's code: what the manifest names, without tests and without what others wrote."""

import fnmatch
from collections.abc import Iterator
from pathlib import Path

from goldenpath.facts import Record
from goldenpath.manifest.code import CodeSpec

_FOREIGN = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "build", "dist"})


class SourceFile(Record):
    """One file of product code."""

    path: str
    """Below the project's folder, with forward slashes."""
    text: str
    is_reader: bool
    """Whether it may read the environment."""


def product_code(project: Path, spec: CodeSpec) -> Iterator[SourceFile]:
    """Every Python file of the product, in order of path."""
    for path in sorted({path for source in spec.sources for path in _python(project / source)}):
        name = path.relative_to(project).as_posix()
        if not is_test(spec, name):
            text = path.read_text(encoding="utf-8", errors="replace")
            yield SourceFile(path=name, text=text, is_reader=any(_is_at(name, p) for p in spec.readers))


def is_test(spec: CodeSpec, name: str) -> bool:
    """Whether a file of the project is no product code."""
    return any(_is_at(name, pattern) for pattern in spec.tests)


def _python(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    for path in place.rglob("*.py") if place.is_dir() else ():
        inside = path.relative_to(place).parts
        if not any(part in _FOREIGN or part.startswith(".") for part in inside):
            yield path


def _is_at(name: str, pattern: str) -> bool:
    """Whether a file is this one, is in this folder, or fits this pattern."""
    return name == pattern or name.startswith(f"{pattern.rstrip('/')}/") or fnmatch.fnmatch(name, pattern)
