"""The example of three small services: a system that is not netra, through the whole of goldenpath."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from goldenpath.cli.options import open_context
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.drills.files import load as load_drills
from goldenpath.manifest.parse import load

EXAMPLE = Path(__file__).parents[3] / "examples/three-services"
BIN = Path(sys.executable).parent


@pytest.fixture
def project(tmp_path: Path) -> Generator[Path]:
    # The servers run as somebody else where we are root, who must reach their folders.
    tmp_path.chmod(0o755)
    folder = shutil.copytree(EXAMPLE, tmp_path / "parcels", ignore=shutil.ignore_patterns("__pycache__", ".goldenpath"))
    yield folder
    context = open_context(folder, "")
    asyncio.run(LocalTarget(context.system, folder, context.environment).down())


ENVIRON = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def call(project: Path, *words: str, seconds: float) -> dict[str, Any]:
    """The result of one command, as a person's shell would run it."""
    command = [str(BIN / "goldenpath"), *words, "--output", "json"]
    done = subprocess.run(
        command, cwd=project, env=ENVIRON, capture_output=True, text=True, timeout=seconds, check=False
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_its_manifest_and_drills_are_sound() -> None:
    system = load(EXAMPLE / "goldenpath.toml")
    named = {drill.expect.component for drill in load_drills(EXAMPLE / "drills") if drill.expect}
    assert named <= set(system.components)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_it_is_deployed_checked_tested_and_proven(project: Path) -> None:
    looped = call(project, "loop", seconds=200)
    assert looped["verdict"] == "pass", looped
    checked = call(project, "check", "--journeys", seconds=60)
    wrong = [f["statement"] for f in checked["findings"] if f["verdict"] != "pass" and f["required"]]
    assert (checked["verdict"], wrong) == ("pass", [])


@pytest.mark.drills
@pytest.mark.timeout(600)
def test_every_drill_of_it_is_named_and_repaired(project: Path) -> None:
    scored = call(project, "drill", "run", "--all", seconds=560)
    assert [drill["reason"] for drill in scored["drills"] if not drill["passed"]] == []
    assert scored["summary"]["false_alarms"] == 0


@pytest.fixture
def heard() -> Generator[None]:
    """What a shell runs in the background ignores SIGINT, and so do its children unless it is set anew."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.drills
@pytest.mark.usefixtures("heard")
@pytest.mark.timeout(300)
def test_drills_that_are_interrupted_show_what_was_learned_and_leave_a_well_system(project: Path) -> None:
    command = [str(BIN / "goldenpath"), "drill", "run", "--all", "--output", "json"]
    with subprocess.Popen(
        command, cwd=project, env=ENVIRON, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        assert running.stderr
        first = next(line.split()[1] for line in running.stderr if line.startswith("pass  "))
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
        told = json.loads(running.stdout.read().splitlines()[-1])
        assert running.wait(120) == 130
    assert "ended early: 1 of " in said
    assert (told["verdict"], [drill["id"] for drill in told["drills"]]) == ("not_proven", [first])
    assert call(project, "check", seconds=60)["verdict"] == "pass"
