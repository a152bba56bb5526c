"""deploy, status, logs and down as commands, on a project with its own manifest."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from small_system import write_project

from goldenpath.cli.main import root
from goldenpath.cli.options import find_project, open_context
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.errors import StateError, UsageError


def goldenpath(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "goldenpath.cli.main", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def inside(project: Path, *words: str) -> Result:
    """The same command without a process of its own, which costs a second of imports."""
    return CliRunner().invoke(root, [*words, "--project", str(project)])


def wait_for_end(pid: int) -> None:
    """A signal is sent at once; that the process ends, and that its parent notices, comes a moment later."""
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline, f"nobody has noticed that {pid} ended"
        time.sleep(0.005)


def last_object(done: Result | subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    write_project(tmp_path)
    yield tmp_path
    done = inside(tmp_path, "down", "--purge")
    assert done.exit_code == 0, done.stderr
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
    done = inside(project, "status", "--output", "json")
    status = last_object(done)
    assert (done.exit_code, status["verdict"], status["supervisor"]) == (3, "not_proven", "none")
    assert {p["state"] for p in status["processes"]} == {"missing"}
    assert inside(project, "down").exit_code == 0


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

    lines = inside(project, "logs", "web", "--revision", revision, "--output", "json")
    assert "a line that is not JSON" in [line.get("message") for line in last_object(lines)["lines"]]
    assert "process started" not in inside(project, "logs", "web", "--level", "error").stdout
    assert isinstance(inside(project, "logs", "web", "--since", "yesterday").exception, UsageError)
    unknown = inside(project, "logs", "nothing").exception
    assert isinstance(unknown, StateError)
    assert "cache" in unknown.hint

    web = next(p["pid"] for p in status["processes"] if p["component"] == "web")
    os.kill(web, 9)
    wait_for_end(web)
    broken = inside(project, "status", "--output", "json")
    assert (broken.exit_code, last_object(broken)["verdict"]) == (1, "fail")

    stopped = inside(project, "down", "--output", "json")
    assert last_object(stopped)["processes"] == 4
    assert last_object(inside(project, "status", "--output", "json"))["supervisor"] == "none"


def test_what_no_gate_can_prove_gets_no_traffic(project: Path) -> None:
    """The small system has no journey with a conversation, so nothing shows that it does what it is for."""
    done = inside(project, "deploy", "--output", "json", "--set", "APP_COLOUR=red")
    deployed = last_object(done)
    assert deployed["verdict"] in {"fail", "not_proven"}, done.stderr
    assert done.exit_code == {"fail": 1, "not_proven": 3}[deployed["verdict"]]
    assert deployed["door"] == ""
    status = last_object(inside(project, "status", "--output", "json"))
    assert status["live"] == ""
    assert [(r["name"], r["state"]) for r in status["revisions"]] == [("r1", "withdrawn")]
    assert status["revisions"][0]["changes"] == ["APP_COLOUR changed"]
    assert {p["state"] for p in status["processes"] if p["component"] in {"cache", "store"}} == {"running"}


def test_a_revision_that_does_not_start_is_explained_or_said_not_to_be(project: Path) -> None:
    """What the small system is told to say is a cause of no catalogue: nothing is named, and what would decide is."""
    refused = last_object(inside(project, "deploy", "--output", "json", "--set", "FAIL_PHASE=store"))
    diagnosis = refused["diagnosis"]
    assert (refused["verdict"], diagnosis["verdict"], diagnosis["causes"]) == ("fail", "not_proven", [])
    assert [s["subject"] for s in diagnosis["symptoms"]] == ["web"]
    assert diagnosis["missing_evidence"]
    told = inside(project, "deploy", "--set", "FAIL_PHASE=store").stdout
    assert "not explained: web did not start: store: ended with exit code 1" in told
    assert told.splitlines()[-1].startswith("fail: r2 does not have the traffic")


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
