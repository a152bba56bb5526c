"""`netra config`: check, show or describe the environment contract."""

import json
import sys
from pathlib import Path
from typing import Literal, cast

import click

from netra.errors import ConfigError
from netra.settings.contract import check, environment_of, fingerprint, process_environment, shown
from netra.settings.llm_file import LLMFile
from netra.settings.model import Environment
from netra.settings.schema import schema

Output = Literal["text", "json"]
output = click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print the result.")
env_file = click.option(
    "--env-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Check this file of NAME=value lines instead of the process environment.",
)


@click.group()
def command() -> None:
    """Check, show or describe the environment contract."""


@command.command("check")
@env_file
@output
def check_command(env_file: Path | None, output: Output) -> None:
    """List every violation at once; exit 1 if there is one."""
    environ = _environ(env_file)
    found = check(environ)
    verdict = "fail" if found else "pass"
    if output == "json":
        listed = [v.model_dump() for v in found]
        print(json.dumps({"verdict": verdict, "environment": environment_of(environ), "violations": listed}))
    else:
        for violation in found:
            print(f"{violation.variable}: {violation.message} [{violation.rule}]")
        print(f"{environment_of(environ)}: {verdict}, {len(found)} violations")
    sys.exit(1 if found else 0)


@command.command("show")
@env_file
@output
def show_command(env_file: Path | None, output: Output) -> None:
    """Print every variable's effective value; secrets only by length."""
    environ = _environ(env_file)
    values = shown(environ)
    if output == "json":
        print(json.dumps({"variables": values, "fingerprint": fingerprint(environ)}))
        return
    for name, value in values.items():
        print(f"{name}={value}")
    print(f"fingerprint {fingerprint(environ)}")


@command.command("schema")
@click.option("--environment", "name", type=click.Choice(["local", "test", "staging", "production"]), default="local")
@click.option("--llm", is_flag=True, help="Of the file that LLM_CONFIG names, instead.")
def schema_command(*, name: str, llm: bool) -> None:
    """Print the contract of one environment as JSON Schema."""
    if llm:
        print(json.dumps(LLMFile.model_json_schema(), indent=2))
        return
    print(json.dumps(schema(cast("Environment", name)), indent=2))


@command.command("fingerprint")
@env_file
def fingerprint_command(env_file: Path | None) -> None:
    """Print the fingerprint of the effective configuration."""
    print(fingerprint(_environ(env_file)))


def _environ(path: Path | None) -> dict[str, str]:
    if path is None:
        return dict(process_environment())
    return dict(_line(path, number, line) for number, line in _lines(path))


def _lines(path: Path) -> list[tuple[int, str]]:
    numbered = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    return [(n, line) for n, line in numbered if line.strip() and not line.lstrip().startswith("#")]


def _line(path: Path, number: int, line: str) -> tuple[str, str]:
    """One NAME=value line; a value in double quotes is a JSON string, so that it can hold any character."""
    name, separator, value = line.partition("=")
    if not separator or not name.isidentifier():
        raise ConfigError("not a NAME=value line", where=f"{path}:{number}", hint="write NAME=value")
    if not value.startswith('"'):
        return name, value
    try:
        decoded = json.loads(value)
    except json.JSONDecodeError as error:
        raise ConfigError("the quotes are not closed", where=f"{path}:{number}", hint="write NAME=value") from error
    return name, str(decoded)
