"""Which tests a selection lets through, and how a change or the last run becomes a selection."""

import subprocess
from pathlib import Path

import pytest

from goldenpath.errors import UsageError
from goldenpath.facts import Proof, SuiteResult, TestResult
from goldenpath.testing.lines import TestInfo
from goldenpath.testing.metadata import is_selected
from goldenpath.testing.select import changed_files, changed_selection, last_failed_selection
from goldenpath.testing.tally import UNLOADED, counts_of
from goldenpath.testing.target import Selection

TEST = TestInfo(
    id="e2e/test_a.py::test_one",
    file="e2e/test_a.py",
    title="one",
    priority=1,
    journey="chat",
    category="socket",
    nonce="n",
    sources=("log",),
)


@pytest.mark.parametrize(
    ("selection", "wanted"),
    [
        (Selection(), True),
        (Selection(priorities=(1, 2)), True),
        (Selection(priorities=(2,)), False),
        (Selection(categories=("socket",), journeys=("chat",)), True),
        (Selection(categories=("socket",), journeys=("history",)), False),
        (Selection(files=("e2e/test_a.py",), priorities=(1,)), True),
        (Selection(files=("e2e/test_b.py",)), False),
        (Selection(files=()), False),
        (Selection(ids=("e2e/test_a.py::test_one",)), True),
        (Selection(ids=()), False),
    ],
)
def test_every_part_of_a_selection_restricts(selection: Selection, wanted: bool) -> None:
    assert is_selected(TEST, selection) is wanted


@pytest.mark.parametrize(
    ("files", "selection"),
    [
        (["src/deep/down/a.py"], Selection()),
        (["src/a.py"], Selection()),
        (["goldenpath.toml"], Selection()),
        (["e2e/conftest.py"], Selection()),
        (["e2e/person.py", "e2e/test_a.py"], Selection()),
        (["e2e/p1/test_a.py", "README.md"], Selection(files=("e2e/p1/test_a.py",))),
        (["README.md", "src/a.txt"], Selection(files=())),
        ([], Selection(files=())),
    ],
)
def test_a_change_selects_what_it_can_break(files: list[str], selection: Selection) -> None:
    assert changed_selection(files, suite="e2e", sources=("src/**/*.py",)) == selection


def git(folder: Path, *words: str) -> None:
    command = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@t.invalid", *words]
    subprocess.run(command, check=True, capture_output=True)


async def test_changes_are_what_git_says(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    project = tmp_path / "project"
    project.mkdir()
    for name in ("kept.py", "edited.py", "removed.py"):
        (project / name).write_text("a = 1\n")
    (tmp_path / "outside.py").write_text("a = 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    (project / "edited.py").write_text("a = 2\n")
    (project / "removed.py").unlink()
    (project / "with space.py").write_text("new\n")
    (tmp_path / "outside.py").write_text("a = 2\n")
    assert await changed_files(project, "HEAD") == ["edited.py", "removed.py", "with space.py"]
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "two")
    assert await changed_files(project, "HEAD") == []
    assert await changed_files(project, "HEAD~1") == ["edited.py", "removed.py", "with space.py"]


async def test_no_repository_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="git"):
        await changed_files(tmp_path, "HEAD")


PASSED = TestResult(id="a", title="", outcome="passed", priority=1, journey="", category="c", nonce="n")
PROVEN = PASSED.model_copy(update={"id": "b", "proofs": (Proof(kind="revision", verdict="pass", text=""),)})
FAILED = PASSED.model_copy(update={"id": "c", "outcome": "failed"})
UNLOADABLE = FAILED.model_copy(update={"id": "d", "category": UNLOADED})


@pytest.mark.parametrize(
    ("results", "selection"),
    [
        ([PASSED, PROVEN, FAILED], Selection(ids=("a", "c"))),
        ([PROVEN], Selection()),
        ([FAILED, UNLOADABLE], Selection()),
        ([], Selection()),
    ],
)
def test_what_was_not_proven_is_selected_again(results: list[TestResult], selection: Selection) -> None:
    last = SuiteResult(verdict="fail", counts=counts_of(results, 9), results=tuple(results), seconds=1)
    assert last_failed_selection(last) == selection


def test_without_a_last_run_everything_is_selected() -> None:
    assert last_failed_selection(None) == Selection()
