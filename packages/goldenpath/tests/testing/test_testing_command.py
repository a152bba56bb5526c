"""`goldenpath test` on a small deployed system: exit codes, selections, and what it leaves behind."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, parse

import pytest
from click.testing import CliRunner
from small_system import write_project

from goldenpath.cli.main import root
from goldenpath.cli.options import open_context
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.errors import GoldenPathError

from .conftest import PYTEST_INI

TESTS = """
import pytest

pytestmark = [pytest.mark.proof("log"), pytest.mark.journey("look"), pytest.mark.category("doors")]


@pytest.mark.priority(1)
async def test_looks(door, nonce, target):
    answer = await door.get(f"/look/{nonce}")
    assert answer.json()["revision"] == target.revision


@pytest.mark.priority(2)
async def test_operates(door, nonce, operator, target):
    done = await operator("python", "migrate.py")
    assert done.stdout == f"migrated {target.revision}\\n", done
    assert (await door.get(f"/operated/{nonce}")).json()["names"]
"""
RED = """
import pytest


@pytest.mark.priority(3)
@pytest.mark.proof("log")
async def test_disagrees(door, nonce):
    assert (await door.get(f"/look/{nonce}")).status_code == 418
"""


def goldenpath_test(project: Path, *words: str) -> tuple[int, dict[str, Any], str]:
    here = ["--project", str(project), "--output", "json", "--workers", "0"]
    done = CliRunner().invoke(root, ["test", *here, *words])
    code = done.exception.exit_code if isinstance(done.exception, GoldenPathError) else done.exit_code
    lines = done.stdout.splitlines()
    return code, json.loads(lines[-1]) if lines else {}, done.stderr + done.stdout


def junit_of(result: dict[str, Any]) -> Element:
    return parse(result["junit"]).getroot()  # noqa: S314 - our own file


async def deploy(project: Path) -> str:
    target = LocalTarget(open_context(project, "").system, project, "local")
    await target.ensure()
    revision = await target.prepare({})
    started = await target.start(revision.name)
    assert started.ready, started.statement
    await target.promote(revision.name)
    return revision.name


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """The small system, whose web process names its fingerprint, with a suite."""
    write_project(tmp_path)
    manifest = tmp_path / "goldenpath.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace("[suites]", '[suites.doors]\npath = "suite"\nsources = ["*.py"]\nworkers = 1'))
    web = tmp_path / "web.py"
    named = '"fingerprint": os.popen("python fingerprint.py").read().strip(), "revision":'
    web.write_text(web.read_text().replace('"revision":', named))
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "pytest.ini").write_text(PYTEST_INI)
    (tmp_path / "suite" / "test_doors.py").write_text(TESTS)
    yield tmp_path
    done = CliRunner().invoke(root, ["down", "--purge", "--project", str(tmp_path)])
    assert done.exit_code == 0, done.stderr


@pytest.mark.slow
def test_the_command_tests_what_is_live(project: Path) -> None:
    code, _, said = goldenpath_test(project)
    assert (code, "nothing is deployed" in said) == (1, True), said
    revision = asyncio.run(deploy(project))

    code, result, said = goldenpath_test(project)
    assert (code, result["verdict"], result["revision"]) == (0, "pass", revision), said
    assert (result["counts"]["available"], result["counts"]["proven"]) == (2, 2)
    assert [(c["target"], c["executed"], c["red"]) for c in result["controls"]] == [("dead", 2, 2), ("impostor", 2, 2)]
    assert said.count("    proven") == 2
    suites = [(suite.get("tests"), suite.get("errors"), suite.get("failures")) for suite in junit_of(result)]
    assert suites == [("2", "0", "0"), ("2", "0", "0")]
    left = [path for path in (project / ".goldenpath/local/tests").rglob("*") if "session" in path.name]
    assert left == [], "a session file holds secrets"

    (project / "suite" / "test_red.py").write_text(RED)
    code, result, said = goldenpath_test(project)
    assert (code, result["verdict"], result["counts"]["failed"]) == (1, "fail", 1), said
    assert [failure.get("type") for failure in junit_of(result).iter("failure")] == ["failed"]

    code, result, _ = goldenpath_test(project, "--last-failed", "--priority", "3", "--category", "other")
    assert (code, [test["id"] for test in result["results"]]) == (1, ["test_red.py::test_disagrees"])
    code, result, _ = goldenpath_test(project, "--last-failed", "--journey", "look")
    assert (code, result["verdict"], result["counts"]["selected"], result["controls"]) == (3, "not_proven", 0, [])


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--suite", "nothing"], "no suite 'nothing'"),
        (["--fail-fast", "sometimes"], "not never, first, category or threshold:N"),
        (["--fail-fast", "threshold:0"], "not never, first, category or threshold:N"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(project: Path, words: list[str], problem: str) -> None:
    code, _, said = goldenpath_test(project, *words)
    assert (code, problem in said) == (2, True), said
