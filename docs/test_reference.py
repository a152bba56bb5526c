"""Holds the reference against the code: what is generated, and the vocabulary that is written by hand."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOLDENPATH = ROOT / "packages/goldenpath/src/goldenpath"
OBSERVERS = [file for part in ("probes", "checks", "loop") for file in sorted((GOLDENPATH / part).rglob("*.py"))]
ROW = re.compile(r"^\| `([a-z_]+(?:\.[a-z_]+)*)`", re.MULTILINE)
"""A row of the vocabulary: its first cell is the name."""


def emitted() -> Iterator[str]:
    """Each name that code gives to an observation, as a pattern: a part that is filled in matches one word."""
    for file in OBSERVERS:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (name := name_of(node)) is not None:
                yield from map(pattern_of, [name.body, name.orelse] if isinstance(name, ast.IfExp) else [name])


def name_of(call: ast.Call) -> ast.expr | None:
    """What names the observation: first of `note(…)` and of what passes it on, keyword of `observe(…)`."""
    match call.func:
        case ast.Attribute(attr="note" | "_show" | "_preflight"):
            return call.args[0]
        case ast.Attribute(attr="observe") | ast.Name(id="observe"):
            return next((word.value for word in call.keywords if word.arg == "name"), None)
        case _:
            return None


def pattern_of(name: ast.expr) -> str:
    match name:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.JoinedStr(values=parts):
            return "".join(pattern_of(part) for part in parts)
        case _:
            return "[a-z_]+"


def documented() -> list[str]:
    return ROW.findall((ROOT / "docs/reference/observations.md").read_text(encoding="utf-8"))


def test_what_is_made_from_code_says_what_the_code_says() -> None:
    command = [sys.executable, ROOT / "docs/generate.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_observation_that_code_makes_is_in_the_vocabulary() -> None:
    names = documented()
    patterns = set(emitted()) - {"[a-z_]+"}
    assert [p for p in sorted(patterns) if not any(re.fullmatch(p, name) for name in names)] == []


def test_every_name_of_the_vocabulary_is_made_by_code() -> None:
    patterns = set(emitted()) - {"[a-z_]+"}
    assert [name for name in documented() if not any(re.fullmatch(p, name) for p in patterns)] == []


def test_the_vocabulary_names_each_thing_once() -> None:
    names = documented()
    assert len(names) == len(set(names))
