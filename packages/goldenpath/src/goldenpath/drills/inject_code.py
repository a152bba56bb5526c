"""Faults in the code of a revision: a copy of the good code, with one place of it changed."""

import shutil
from pathlib import Path
from typing import Literal

from goldenpath.deploy.target import Artefact
from goldenpath.errors import ManifestError, StateError
from goldenpath.facts import Record


class ChangeCode(Record):
    """The revision to deploy carries the good code with one file changed, added or left out."""

    type: Literal["change_code"] = "change_code"
    path: str
    """Of the file, from the project's folder."""
    find: str = ""
    """A text that occurs in the file exactly once."""
    replace: str = ""
    content: str | None = None
    """The whole file anew, instead of `find` and `replace`."""
    remove: bool = False
    """The file is left out."""


def copied(good: Artefact | None, folder: Path) -> None:
    """Copy the code that was proven last; StateError when revisions carry none."""
    if good is None:
        raise StateError("revisions carry no code here", where="drill", hint="declare [artefact] in the manifest")
    shutil.copytree(good.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))


def changed(injection: ChangeCode, folder: Path) -> None:
    """Make the change in this copy; ManifestError when the place is not where the drill says."""
    path = folder / injection.path
    if injection.content is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(injection.content, encoding="utf-8")
        return
    if not path.is_file():
        raise ManifestError("the code has no such file", where=injection.path)
    if injection.remove:
        path.unlink()
        return
    text = path.read_text(encoding="utf-8")
    if text.count(injection.find) != 1:
        raise ManifestError(f"{injection.find!r} occurs {text.count(injection.find)} times", where=injection.path)
    path.write_text(text.replace(injection.find, injection.replace), encoding="utf-8")
