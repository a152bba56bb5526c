"""Reads drill files, each group a folder; errors name the file."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from goldenpath.drills.model import Drill
from goldenpath.drills.net.site import SPEC
from goldenpath.errors import ManifestError, UsageError


def load(folder: Path) -> tuple[Drill, ...]:
    """Every drill below a folder, in order of path; ManifestError for a file that is wrong."""
    files = sorted(path for path in folder.rglob("*.toml") if path.name != SPEC)
    if not files:
        raise UsageError("no drills here", where=str(folder), hint="a drill is a .toml file")
    drills = tuple(read(path, folder) for path in files)
    ids = [drill.id for drill in drills]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise ManifestError(f"two drills have the id {twice[0]!r}", where=str(folder))
    return drills


def chosen(drills: tuple[Drill, ...], names: tuple[str, ...]) -> tuple[Drill, ...]:
    """The drills of these ids or groups, in the order of the files; UsageError for an unknown name."""
    known = {drill.id for drill in drills} | {drill.group for drill in drills if drill.group}
    for name in names:
        if name not in known:
            raise UsageError(f"no drill {name!r}", where="drills", hint=f"one of {', '.join(sorted(known))}")
    return tuple(drill for drill in drills if not names or {drill.id, drill.group} & set(names))


def read(path: Path, folder: Path) -> Drill:
    """One drill file below a folder; ManifestError says what is wrong with it."""
    where = str(path.relative_to(folder))
    try:
        drill = Drill.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(str(error), where=where) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ManifestError(f"{place}: {first['msg']}", where=where) from error
    if (drill.kind == "control") != (drill.expect is None):
        raise ManifestError("a fault expects a cause, a control none", where=where)
    if drill.evidence and (drill.inject or drill.expect is None):
        raise ManifestError("a drill of recorded evidence injects nothing and expects a cause", where=where)
    inside = path.parent.relative_to(folder)
    evidence = str(inside / drill.evidence) if drill.evidence else ""
    group = drill.group or (inside.parts[0] if inside.parts else "")
    return drill.model_copy(update={"group": group, "evidence": evidence})
