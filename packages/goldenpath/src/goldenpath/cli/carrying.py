"""The code of a revision that is given on the command line: a commit, or a folder."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from goldenpath.deploy.target import Code
from goldenpath.errors import UsageError
from goldenpath.manifest.model import System

FOLDER = click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path)


class Carried:
    """What was asked for, before the manifest is read."""

    def __init__(self, commit: str, folder: Path | None) -> None:
        """At most one of the two."""
        self._commit = commit
        self._folder = folder

    def code(self, system: System) -> Code | None:
        """The code to deploy; None for the project's as it is now. UsageError for what the manifest does not allow."""
        if not self._commit and self._folder is None:
            return None
        option = "--commit" if self._commit else "--code"
        if self._commit and self._folder is not None:
            raise UsageError("the code comes from one place", where="--commit --code", hint="give one of them")
        if system.artefact is None:
            hint = "declare [artefact] in goldenpath.toml"
            raise UsageError("revisions of this system carry no code", where=option, hint=hint)
        if self._folder is None:
            return Code(commit=self._commit)
        absent = [path for path in system.artefact.paths if not (self._folder / path).exists()]
        if absent:
            hint = "name a folder laid out like the project"
            raise UsageError(f"{', '.join(absent)} is not there", where=f"--code {self._folder}", hint=hint)
        return Code(folder=str(self._folder))


def carrying(function: Callable[..., None]) -> Callable[..., None]:
    """Add `--commit` and `--code`, and give the function what they say as `carried`."""

    @click.option("--commit", default="", metavar="REF", help="Deploy the code of this commit, not that of the folder.")
    @click.option(
        "--code", "folder", type=FOLDER, help="Deploy the code of a folder that is laid out like the project."
    )
    @functools.wraps(function)
    def with_code(*words: Any, commit: str, folder: Path | None, **options: Any) -> None:
        function(*words, carried=Carried(commit, folder), **options)

    return with_code
