"""deploy, status, logs and down as commands, on a project with its own manifest."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_system import write_project

from goldenpath.cli.options import find_project, open_context
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.errors import UsageError


def goldenpath(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "goldenpath.cli.main", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def last_object(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    write_project(tmp_path)
    yield tmp_path
    done = goldenpath(tmp_path, "down", "--purge")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / ".goldenpath" / "local").exists()


async def _live(project: Path) -> str:
    context = open_context(project, "")
    target = LocalTarget(context.system, project, context.environment)
    await target.ensure()
    revision = await target.prepare({})
    started = await target.start(revision.name)
    assert started.ready, started.statement
    await target.promote(revision.name)
    return revision.name


def test_before_anything_is_deployed_nothing_is_proven_and_down_is_harmless(project: Path) -> None:
    done = goldenpath(project, "status", "--output", "json")
    status = last_object(done)
    assert (done.returncode, status["verdict"], status["supervisor"]) == (3, "not_proven", "none")
    assert {p["state"] for p in status["processes"]} == {"missing"}
    assert goldenpath(project, "down").returncode == 0


def test_a_deployed_revision_outlives_the_command_and_is_shown(project: Path) -> None:
    revision = asyncio.run(_live(project))
    done = goldenpath(project, "status", "--output", "json")
    status = last_object(done)
    assert (done.returncode, status["verdict"], status["live"]) == (0, "pass", revision)
    assert {(p["component"], p["state"]) for p in status["processes"]} == {
        (name, "running") for name in ("cache", "store", "web", "worker")
    }
    shown = goldenpath(project / ".goldenpath", "status").stdout
    assert f"live {revision} at {status['door']}" in shown

    lines = goldenpath(project, "logs", "web", "--revision", revision, "--output", "json")
    assert "a line that is not JSON" in [line.get("message") for line in last_object(lines)["lines"]]
    assert "process started" not in goldenpath(project, "logs", "web", "--level", "error").stdout
    assert goldenpath(project, "logs", "web", "--since", "yesterday").returncode == 2
    assert "there are: cache" in goldenpath(project, "logs", "nothing").stderr

    web = next(p["pid"] for p in status["processes"] if p["component"] == "web")
    os.kill(web, 9)
    broken = goldenpath(project, "status", "--output", "json")
    assert (broken.returncode, last_object(broken)["verdict"]) == (1, "fail")

    stopped = goldenpath(project, "down", "--output", "json")
    assert last_object(stopped)["processes"] == 4
    assert last_object(goldenpath(project, "status", "--output", "json"))["supervisor"] == "none"


def test_what_no_gate_can_prove_gets_no_traffic(project: Path) -> None:
    """The small system has no journey with a conversation, so nothing shows that it does what it is for."""
    done = goldenpath(project, "deploy", "--output", "json", "--set", "APP_COLOUR=red")
    deployed = last_object(done)
    assert deployed["verdict"] in {"fail", "not_proven"}, done.stderr
    assert done.returncode == {"fail": 1, "not_proven": 3}[deployed["verdict"]]
    assert deployed["door"] == ""
    status = last_object(goldenpath(project, "status", "--output", "json"))
    assert status["live"] == ""
    assert [(r["name"], r["state"]) for r in status["revisions"]] == [("r1", "withdrawn")]
    assert status["revisions"][0]["changes"] == ["APP_COLOUR changed"]
    assert {p["state"] for p in status["processes"] if p["component"] in {"cache", "store"}} == {"running"}


def test_a_wrong_call_is_exit_2_and_an_object_with_the_error(tmp_path: Path) -> None:
    done = goldenpath(tmp_path, "status", "--output", "json")
    assert done.returncode == 2
    assert last_object(done)["error"]["code"] == "usage"
    assert "--project" in done.stderr


def test_the_project_is_the_nearest_parent_with_a_manifest(tmp_path: Path) -> None:
    write_project(tmp_path)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_project(below, exact=False) == tmp_path
    with pytest.raises(UsageError, match=r"no goldenpath\.toml"):
        find_project(below, exact=True)
    with pytest.raises(UsageError, match="no environment 'staging'") as raised:
        open_context(tmp_path, "staging")
    assert "local" in raised.value.hint
