"""`--commit` and `--code`: where the code of a revision comes from, and what cannot be meant."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from code_history import History
from small_system import write_project

from goldenpath.cli.carrying import Carried
from goldenpath.cli.main import root
from goldenpath.cli.options import open_context
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.deploy.target import Code
from goldenpath.errors import UsageError


def run(project: Path, *words: str) -> Result:
    return CliRunner().invoke(root, [*words, "--project", str(project), "--output", "json"])


def last(done: Result) -> dict[str, Any]:
    return json.loads(done.stdout.splitlines()[-1])


def test_a_system_whose_revisions_carry_no_code_refuses_both(tmp_path: Path) -> None:
    write_project(tmp_path)
    for words in (("--commit", "HEAD"), ("--code", str(tmp_path))):
        for command in ("loop", "deploy"):
            refused = run(tmp_path, command, *words)
            assert isinstance(refused.exception, UsageError)
            assert "[artefact]" in refused.exception.hint


def test_code_comes_from_one_place_that_is_laid_out_like_the_project(tmp_path: Path) -> None:
    system = History(tmp_path).system
    (tmp_path / "empty").mkdir()
    assert Carried("", None).code(system) is None
    assert Carried("HEAD", None).code(system) == Code(commit="HEAD")
    assert Carried("", tmp_path).code(system) == Code(folder=str(tmp_path))
    with pytest.raises(UsageError, match="one place"):
        Carried("HEAD", tmp_path).code(system)
    with pytest.raises(UsageError, match="src is not there"):
        Carried("", tmp_path / "empty").code(system)


def test_a_commit_is_deployed_and_not_what_the_folder_has(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.write("more.py", "this is no Python\n")
    deployed = last(run(tmp_path, "deploy", "--commit", history.first))
    target = LocalTarget(history.system, tmp_path, open_context(tmp_path, "").environment)
    carried, live = target.artefact(deployed["revision"]), target.live()
    asyncio.run(target.down())
    assert (deployed["verdict"], live and live.commit) == ("pass", history.first)
    assert carried is not None
    assert sorted(carried.files) == ["src/main.py", "src/words.py"]


def test_a_commit_that_git_does_not_know_is_said(tmp_path: Path) -> None:
    refused = run(History(tmp_path).folder, "deploy", "--commit", "no-such-commit")
    asyncio.run(LocalTarget(open_context(tmp_path, "").system, tmp_path, "local").down())
    assert (refused.exit_code, last(refused)["error"]["code"]) == (1, "state")
