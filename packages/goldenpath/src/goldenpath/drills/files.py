"""Reads drill files; errors name the file."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from goldenpath.drills.model import Drill
from goldenpath.errors import ManifestError, UsageError


def load(folder: Path) -> tuple[Drill, ...]:
    """Every drill of a folder, in order of file name; ManifestError for a file that is wrong."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise UsageError("no drills here", where=str(folder), hint="a drill is a .toml file")
    return tuple(_read(path) for path in files)


def chosen(drills: tuple[Drill, ...], ids: tuple[str, ...]) -> tuple[Drill, ...]:
    """The drills of these ids, in the order of the files; UsageError for an unknown id."""
    known = {drill.id for drill in drills}
    for name in ids:
        if name not in known:
            raise UsageError(f"no drill {name!r}", where="drills", hint=f"one of {', '.join(sorted(known))}")
    return tuple(drill for drill in drills if not ids or drill.id in ids)


def _read(path: Path) -> Drill:
    try:
        return Drill.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(str(error), where=path.name) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ManifestError(f"{place}: {first['msg']}", where=path.name) from error
