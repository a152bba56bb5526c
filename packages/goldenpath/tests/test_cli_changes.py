"""Variables of a revision on the command line: a secret comes from a file, and no error shows one."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from small_system import write_project

from goldenpath.cli.changes import changes_of
from goldenpath.cli.main import root
from goldenpath.errors import UsageError

SECRET = "not-for-the-list-of-processes"


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (SECRET, SECRET),
        (f"{SECRET}\n", SECRET),
        (f"{SECRET}\r\n", SECRET),
        (f"{SECRET}\n\n", f"{SECRET}\n"),
        (f" {SECRET} \n", f" {SECRET} "),
        (f"{SECRET}\r", f"{SECRET}\r"),
        ("ä=b,@c", "ä=b,@c"),
        ("", ""),
    ],
)
def test_a_file_gives_its_content_without_the_last_line_break(tmp_path: Path, content: str, value: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content.encode())
    found = changes_of(("APP_COLOUR=a=b",), (f"APP_SECRET={file}",), ("APP_OLD",))
    assert found == {"APP_OLD": None, "APP_COLOUR": "a=b", "APP_SECRET": value}


@pytest.mark.parametrize(
    ("given", "files", "unset", "says"),
    [
        (("APP_COLOUR",), (), (), "not NAME=VALUE"),
        ((f"={SECRET}",), (), (), "not NAME=VALUE"),
        ((), ("APP_SECRET",), (), "not NAME=PATH"),
        ((), ("APP_SECRET=missing",), (), "missing: No such file"),
        ((), ("APP_SECRET=.",), (), "Is a directory"),
        ((), ("A=-", "B=-"), (), "standard input can be read once"),
        ((f"A={SECRET}", "A=2"), (), (), "given twice"),
        ((f"A={SECRET}",), (), ("A",), "given twice"),
    ],
)
def test_what_cannot_be_meant_is_refused_without_showing_a_value(
    given: tuple[str, ...], files: tuple[str, ...], unset: tuple[str, ...], says: str
) -> None:
    with pytest.raises(UsageError, match=says) as raised:
        changes_of(given, files, unset)
    assert SECRET not in f"{raised.value.message} {raised.value.where} {raised.value.hint}"


@pytest.mark.parametrize(("content", "says"), [(b"\xff" + SECRET.encode(), "no UTF-8"), (b"a\0b", "zero byte")])
def test_what_is_no_text_cannot_be_a_variable(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=says) as raised:
        changes_of((), (f"APP_SECRET={file}",), ())
    assert raised.value.__cause__ is None, "the codec's error holds the bytes"


def test_a_secret_comes_through_standard_input_into_the_revision_and_no_further(tmp_path: Path) -> None:
    write_project(tmp_path)
    words = ["deploy", "--output", "json", "--set-file", "APP_COLOUR=-", "--project", str(tmp_path)]
    try:
        done = CliRunner().invoke(root, words, input=f"{SECRET}\n")
        shown = CliRunner().invoke(root, ["status", "--output", "json", "--project", str(tmp_path)])
        status: dict[str, Any] = json.loads(shown.stdout.splitlines()[-1])
        assert status["revisions"][0]["changes"] == ["APP_COLOUR changed"]
        held = [p for p in (tmp_path / ".goldenpath").rglob("*.json") if SECRET in p.read_text(errors="replace")]
        assert held, "the control: the revision has it"
        assert {oct(p.stat().st_mode & 0o077) for p in held} == {"0o0"}
        assert SECRET not in done.output + shown.output
    finally:
        CliRunner().invoke(root, ["down", "--purge", "--project", str(tmp_path)])


def test_a_wrong_call_is_an_object_too(tmp_path: Path) -> None:
    write_project(tmp_path)
    done = CliRunner().invoke(root, ["loop", "--output", "json", "--set", "APP", "--project", str(tmp_path)])
    assert json.loads(done.stdout.splitlines()[-1])["error"]["where"] == "--set APP"
