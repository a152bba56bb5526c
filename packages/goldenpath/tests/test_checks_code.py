"""The code of a revision is loaded whole: every module that cannot be is named with its place."""

import json
import subprocess
import sys
from pathlib import Path

from goldenpath.checks.code import Verified, Version, check_code, note_changes
from goldenpath.facts import Finding, Observation
from goldenpath.probes import imports
from goldenpath.probes.crash import probe_crashes
from goldenpath.probes.record import Recorder

GOOD = {"app/__init__.py": "", "app/one.py": "VALUE = 1\n", "app/two.py": "from app.one import VALUE\n"}


def loaded(folder: Path, **files: str) -> tuple[tuple[Observation, ...], Finding]:
    for name, text in {**GOOD, **{f"app/{n}.py": t for n, t in files.items()}}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    program = [sys.executable, str(Path(imports.__file__)), str(folder)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    verified = Verified(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr, folder=str(folder))
    return check_code(Recorder(), verified)


def broken(seen: tuple[Observation, ...]) -> list[tuple[object, ...]]:
    return [tuple(o.value[n] for n in ("kind", "file", "line")) for o in seen if isinstance(o.value, dict)]


def test_good_code_passes_and_is_counted(tmp_path: Path) -> None:
    seen, finding = loaded(tmp_path)
    assert (finding.verdict, [o.name for o in seen], seen[0].value) == ("pass", ["code.ok"], {"modules": 3})


def test_every_file_that_is_no_python_is_named(tmp_path: Path) -> None:
    seen, finding = loaded(tmp_path, one="def f(:\n", three="x = 1\n  y = 2\n")
    assert finding.verdict == "fail"
    assert broken(seen) == [("SyntaxError", "app/one.py", 1), ("IndentationError", "app/three.py", 2)]


def test_a_bad_import_is_named_once_at_its_own_place(tmp_path: Path) -> None:
    seen, _ = loaded(tmp_path, two="\nfrom app.one import OTHER\n", three="import app.two\n", four="import app.two\n")
    assert broken(seen) == [("ImportError", "app/two.py", 2)]


def test_a_module_that_is_not_there_is_told_apart(tmp_path: Path) -> None:
    seen, _ = loaded(tmp_path, three="import app.nowhere\n")
    assert broken(seen) == [("ModuleNotFoundError", "app/three.py", 1)]


def test_a_module_that_ends_the_program_does_not_end_the_check(tmp_path: Path) -> None:
    seen, finding = loaded(tmp_path, three="raise SystemExit(0)\n")
    assert (finding.verdict, broken(seen)) == ("fail", [("SystemExit", "app/three.py", 1)])


def test_a_command_that_only_fails_is_quoted() -> None:
    done = Verified(exit_code=2, stdout="no json", stderr="a\nlast word\n", folder="")
    seen, finding = check_code(Recorder(), done)
    assert (finding.verdict, len(seen)) == ("fail", 1)
    assert "last word" in finding.statement


def test_changed_files_are_named_against_the_last_good_revision() -> None:
    before, after = Version(files={"a": "1", "b": "1"}), Version(files={"b": "2", "c": "1"}, commit="c1")
    (seen,) = note_changes(Recorder(), before, after)
    assert seen.text == "a removed, b changed, c added"
    assert [o.name for o in note_changes(Recorder(), after, after)] == ["code.unchanged"]
    assert note_changes(Recorder(), None, after) == ()


def test_a_crash_is_read_from_plain_lines_and_from_a_field() -> None:
    trace = (
        'Traceback (most recent call last):\n  File "/site/app/one.py", line 7, in f\n    g()\n'
        '  File "/lib/x.py", line 2, in g\nValueError: no\n'
    )
    plain = [{"message": line} for line in trace.splitlines()]
    for lines in (plain, [{"level": "error", "traceback": trace}]):
        (seen,) = probe_crashes(Recorder(), "web", lines, "/site")
        assert json.loads(json.dumps(seen.value)) == {
            "kind": "ValueError",
            "message": "no",
            "file": "app/one.py",
            "line": 7,
            "count": 1,
        }
