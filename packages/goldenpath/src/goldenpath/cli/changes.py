"""The variables of a revision that are given on the command line: by value, from a file, or taken away."""

import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from goldenpath.errors import UsageError

STDIN = "-"
Changes = dict[str, str | None]
"""None takes the variable away."""


def changing(function: Callable[..., None]) -> Callable[..., None]:
    """Add `--set`, `--set-file` and `--unset`, and give the function what they say as `changes`."""

    @click.option(
        "--set",
        "given",
        multiple=True,
        metavar="NAME=VALUE",
        help="A variable of the revision. Others on this machine can read it in the list of processes.",
    )
    @click.option(
        "--set-file",
        "files",
        multiple=True,
        metavar="NAME=PATH",
        help="A variable whose value is in this file (-: standard input), as is right for a secret. "
        "One line break at the end is no part of it.",
    )
    @click.option("--unset", multiple=True, metavar="NAME", help="A variable the revision does not have.")
    @functools.wraps(function)
    def with_changes(
        *words: Any, given: tuple[str, ...], files: tuple[str, ...], unset: tuple[str, ...], **options: Any
    ) -> None:
        function(*words, changes=changes_of(given, files, unset), **options)

    return with_changes


def changes_of(given: tuple[str, ...], files: tuple[str, ...], unset: tuple[str, ...]) -> Changes:
    """The variables that differ from the manifest; UsageError for what cannot be meant."""
    pairs = [("--unset", name, None) for name in unset]
    pairs += [("--set", name, value) for name, value in _split("--set", "VALUE", given)]
    paths = _split("--set-file", "PATH", files)
    if [path for _, path in paths].count(STDIN) > 1:
        raise UsageError("standard input can be read once", where="--set-file", hint="give the others as files")
    changes: Changes = {}
    for option, name, value in (*pairs, *(("--set-file", name, _content(name, path)) for name, path in paths)):
        if name in changes:
            raise UsageError("this variable is given twice", where=f"{option} {name}", hint="give it once")
        changes[name] = value
    return changes


def _split(option: str, right: str, words: tuple[str, ...]) -> list[tuple[str, str]]:
    return list(_parts(option, right, words))


def _parts(option: str, right: str, words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for word in words:
        name, separator, value = word.partition("=")
        if not separator or not name:
            # Without its value: whoever forgot the name may have written a secret.
            shown = f"{option} {name}".strip() if name and not separator else option
            raise UsageError(f"not NAME={right}", where=shown, hint=f"write {option} NAME={right}")
        yield name, value


def _content(name: str, path: str) -> str:
    """What the file says; nothing of it is in an error."""
    where = f"--set-file {name}"
    try:
        raw = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
        text = raw.decode()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", where=where, hint="name a file that can be read") from error
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no UTF-8 text", where=where, hint="a variable holds text") from None
    if "\0" in text:
        raise UsageError(f"{path} holds a zero byte", where=where, hint="a variable holds text")
    return text.removesuffix("\r\n" if text.endswith("\r\n") else "\n")
