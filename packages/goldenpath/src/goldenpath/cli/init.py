"""`goldenpath init`: a first manifest out of a compose file or a Procfile."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import click
from pydantic import JsonValue
from rich.text import Text

from goldenpath.cli.options import MANIFEST, Call, called, show
from goldenpath.errors import UsageError
from goldenpath.manifest.dotenv import quoted
from goldenpath.manifest.draft.folder import read_folder
from goldenpath.manifest.draft.secret import ENV_FILE
from goldenpath.manifest.draft.text import SMOKE, Draft, draft
from goldenpath.manifest.parse import read

SUITE, DEFAULT = "e2e", "local"
PYTEST = "[pytest]\nasyncio_mode = auto\n"


@click.command()
@click.option("--from", "chosen", default="", metavar="FILE", help="The file to read; else a compose file or Procfile.")
@click.option("--force", is_flag=True, help=f"Write over the {MANIFEST} that is there.")
@called
def command(call: Call, chosen: str, *, force: bool) -> None:
    """Draft goldenpath.toml and a first test from a compose file or Procfile."""
    folder = (call.project or Path.cwd()).resolve()
    path = folder / MANIFEST
    if path.exists() and not force:
        raise UsageError("there is a manifest already", where=str(path), hint="give --force to write over it")
    found = draft(read_folder(folder, chosen), _name(folder), call.environment or DEFAULT)
    secrets = _secrets(folder, found.secrets)
    path.write_text(found.text, encoding="utf-8")
    written = [MANIFEST, *secrets, *_suite(folder, found)]
    problems = read(found.text)
    wrong = [f"{MANIFEST}:{p.line}: {p.message}" for p in problems] if isinstance(problems, tuple) else []
    show(call, _as_json(written, found, wrong), _as_text(written, found, wrong))
    raise SystemExit(1 if wrong else 0)


def _secrets(folder: Path, secrets: Mapping[str, str]) -> list[str]:
    """The new file of what must not stand in the manifest, for its owner's eyes."""
    if not secrets:
        return []
    path = folder / ENV_FILE
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(f"{name}={quoted(value)}\n" for name, value in secrets.items())
    return [ENV_FILE]


def _suite(folder: Path, found: Draft) -> list[str]:
    """The first test, unless there is a suite."""
    if (folder / SUITE).exists() or not found.front:
        return []
    (folder / SUITE).mkdir()
    (folder / SUITE / "pytest.ini").write_text(PYTEST, encoding="utf-8")
    (folder / SUITE / "test_front.py").write_text(SMOKE.replace("PATH", found.ready_path), encoding="utf-8")
    return [f"{SUITE}/test_front.py", f"{SUITE}/pytest.ini"]


def _name(folder: Path) -> str:
    name = re.sub(r"[^a-z0-9_-]+", "-", folder.name.lower()).strip("-_")[:40]
    return name if name[:1].isalpha() else f"system-{name}"[:40]


def _as_json(written: list[str], found: Draft, wrong: list[str]) -> dict[str, JsonValue]:
    return {
        "written": [*written],
        "front": found.front,
        "remarks": [*found.remarks],
        "problems": [*wrong],
    }


def _as_text(written: list[str], found: Draft, wrong: list[str]) -> Text:
    lines = [f"written: {', '.join(written)}", *(f"look at  {remark}" for remark in found.remarks), *wrong]
    return Text("\n".join([*lines, "next: goldenpath deploy, then goldenpath check"]))
