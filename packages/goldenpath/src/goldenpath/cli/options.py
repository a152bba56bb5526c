"""What every command shares: which project and environment it acts on, and how it prints its one result."""

import functools
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NoReturn

import click
from pydantic import BaseModel, JsonValue
from rich.console import Console, RenderableType

from goldenpath.errors import GoldenPathError, UsageError
from goldenpath.facts import EXIT_OF, Record, Verdict
from goldenpath.manifest.model import System
from goldenpath.manifest.parse import load

MANIFEST = "goldenpath.toml"
STATE = ".goldenpath"
PLAIN_WIDTH = 200
"""Columns of a table that goes to a file or a pipe."""
Output = Literal["text", "json"]


class Context(Record):
    """What a command acts on, and how it prints."""

    system: System
    project: Path
    environment: str
    output: Output = "text"

    @property
    def state_dir(self) -> Path:
        """`.goldenpath/ENVIRONMENT` of the project."""
        return self.project / STATE / self.environment

    def say(self, line: str) -> None:
        """Tell the person who waits what happens; never part of the result."""
        print(line, file=sys.stderr, flush=True)


class Call(Record):
    """Which project, environment and output were asked for, before anything is read."""

    project: Path | None
    environment: str
    output: Output

    def open(self) -> Context:
        """Read the manifest; UsageError when there is none or the environment is not clear."""
        return open_context(self.project, self.environment, self.output)


def called(function: Callable[..., None]) -> Callable[..., None]:
    """Add `--project`, `--env` and `--output`, and give the function the Call as its first argument."""

    @click.option(
        "--project",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help=f"The folder with {MANIFEST}; else the nearest parent that has one.",
    )
    @click.option("--env", "environment", default="", help="The environment; else the only one, else local.")
    @click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print the result.")
    @functools.wraps(function)
    def with_call(project: Path | None, environment: str, output: Output, **options: Any) -> None:
        try:
            function(Call(project=project, environment=environment, output=output), **options)
        except GoldenPathError as error:
            if output == "json":
                print(json.dumps({"error": error_body(error)}))
            raise

    return with_call


def shared(function: Callable[..., None]) -> Callable[..., None]:
    """The same with the project's manifest read: the function's first argument is a Context."""

    @called
    @functools.wraps(function)
    def with_context(call: Call, **options: Any) -> None:
        function(call.open(), **options)

    return with_context


def open_context(project: Path | None, environment: str, output: Output = "text") -> Context:
    """Read the manifest and choose the environment; UsageError when there is none or the choice is open."""
    folder = find_project(project or Path.cwd(), exact=project is not None)
    system = load(folder / MANIFEST)
    return Context(system=system, project=folder, environment=_environment(system, environment), output=output)


def find_project(start: Path, *, exact: bool) -> Path:
    """The folder itself (`exact`), or its nearest parent, that holds the manifest."""
    start = start.resolve()
    for folder in [start] if exact else [start, *start.parents]:
        if (folder / MANIFEST).is_file():
            return folder
    raise UsageError(f"no {MANIFEST} here", where=str(start), hint="give --project DIR")


def error_body(error: GoldenPathError) -> dict[str, JsonValue]:
    """What the JSON output says of an error."""
    return {"code": error.code, "where": error.where, "message": error.message, "hint": error.hint}


def show(context: Context | Call, result: BaseModel | Mapping[str, JsonValue], text: RenderableType) -> None:
    """Print the result: with `--output json` one JSON object as the last line of stdout, else the text."""
    if context.output == "text":
        on_terminal = sys.stdout.isatty()
        Console(width=None if on_terminal else PLAIN_WIDTH, soft_wrap=not on_terminal, highlight=False).print(text)
    elif isinstance(result, BaseModel):
        print(result.model_dump_json())
    else:
        print(json.dumps(dict(result)))


def finish(verdict: Verdict) -> NoReturn:
    """End the command with the exit code of this verdict."""
    sys.stdout.flush()
    raise SystemExit(EXIT_OF[verdict])


def _environment(system: System, asked: str) -> str:
    names = list(system.environments)
    name = asked or (names[0] if len(names) == 1 else "local")
    if name not in names:
        raise UsageError(f"no environment {name!r}", where=MANIFEST, hint=f"give --env, one of: {', '.join(names)}")
    return name
