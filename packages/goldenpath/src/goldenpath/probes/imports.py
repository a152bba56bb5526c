"""Compiles and imports every Python module below some folders: `python -m goldenpath.probes.imports FOLDER ...`.

One JSON line for each module that cannot be, with its kind, file, line and message; the exit code is 1 if there is one.
It needs nothing but the standard library, so that it runs in the interpreter of the application itself.
"""

import importlib
import json
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

ENTRY = "__main__"
"""Importing a module of this name would run the program."""


def main(folders: list[str]) -> int:
    """Check all of these folders; each is one from which modules are imported."""
    roots = [Path(folder).resolve() for folder in folders]
    found = [(root, path) for root in roots for path in sorted(root.rglob("*.py"))]
    sys.path[:0] = [str(root) for root in roots]
    failed = [error for root, path in found if (error := not_imported(root, path, roots))]
    # What imports has been compiled; only where something failed is it worth to look at each file by itself.
    broken = [error for root, path in found if (error := not_compiled(root, path))] if failed else []
    errors = broken or once(failed)
    for error in errors:
        print(json.dumps(error))  # noqa: T201 - this is what the program says
    if not errors:
        print(json.dumps({"modules": len(found)}))  # noqa: T201 - see above
    return 1 if errors else 0


def once(errors: list[dict[str, object]]) -> list[dict[str, object]]:
    """Each failure once, however many modules it keeps from being imported."""
    places = {(e["kind"], e["file"], e["line"], e["message"]): e for e in reversed(errors)}
    return list(reversed(places.values()))


def not_compiled(root: Path, path: Path) -> dict[str, object] | None:
    """Why this file is no Python; None when it is."""
    try:
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        return _error(root, path, type(error).__name__, line or 0, str(error))
    return None


def not_imported(root: Path, path: Path, roots: list[Path]) -> dict[str, object] | None:
    """Why this module cannot be imported; None when it can be."""
    name = module_name(root, path)
    if not name or name.rsplit(".", 1)[-1] == ENTRY:
        return None
    try:
        importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001 - whatever a module does when it is imported, SystemExit too
        where = _place(error, roots) or (path, 0)
        return {**_error(root, path, type(error).__name__, where[1], str(error)), "file": str(where[0])}
    return None


def module_name(root: Path, path: Path) -> str:
    """The dotted name of a file below its root; empty when a part of it is no name."""
    parts = list(path.relative_to(root).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if all(part.isidentifier() for part in parts) else ""


def _error(root: Path, path: Path, kind: str, line: int, message: str) -> dict[str, object]:
    return {"module": module_name(root, path), "kind": kind, "file": str(path), "line": line, "message": message[:400]}


def _place(error: BaseException, roots: list[Path]) -> tuple[Path, int] | None:
    """The innermost line of the application itself."""
    for frame in _innermost_first(error):
        path = Path(frame.filename)
        if any(root in path.parents for root in roots):
            return path, frame.lineno or 0
    return None


def _innermost_first(error: BaseException) -> Iterator[traceback.FrameSummary]:
    if isinstance(error, SyntaxError) and error.filename:
        yield traceback.FrameSummary(error.filename, error.lineno or 0, "<module>")
    yield from reversed(traceback.extract_tb(error.__traceback__))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
