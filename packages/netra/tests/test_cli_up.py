"""`netra up` from outside: one tree of processes that comes up together, tells where it is, and ends together."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from netra.embedded.holder import start_ticks
from netra.embedded.ports import free_port

pytestmark = pytest.mark.slow
NETRA = [sys.executable, "-m", "netra.cli.main"]
ENDED_S = 30.0


@contextmanager
def up(state: Path) -> Generator[tuple[subprocess.Popen[str], dict[str, Any], Path]]:
    """The running command, its ready line, and the file its stderr goes to."""
    said = state.with_suffix(".stderr")
    environ = {**os.environ, "NETRA_STATE_DIR": str(state), "WEB_PORT": str(free_port())}
    with said.open("w") as stderr, subprocess.Popen([*NETRA, "up"], env=environ, stderr=stderr, text=True) as process:
        try:
            yield process, ready(process, said), said
        finally:
            process.kill()


def ready(process: subprocess.Popen[str], said: Path) -> dict[str, Any]:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        for line in said.read_text().splitlines():
            if '"servers"' in line:
                return json.loads(line)
        assert process.poll() is None, said.read_text()
        time.sleep(0.05)
    raise AssertionError(said.read_text())


def tree(process: subprocess.Popen[str]) -> Mapping[int, str]:
    """Every process below, by pid, with its command line."""
    return {child.pid: " ".join(child.cmdline()) for child in psutil.Process(process.pid).children(recursive=True)}


def all_gone(pids: Mapping[int, str]) -> bool:
    deadline = time.monotonic() + ENDED_S
    while any(start_ticks(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(start_ticks(pid) for pid in pids)


def test_it_serves_lets_other_commands_in_and_ends_in_order(state_dir: Path) -> None:
    with up(state_dir) as (process, said, _):
        health = httpx.get(f"{said['address']}/health/ready", trust_env=False)
        assert health.status_code == 200
        file = state_dir / "environment"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        lines = file.read_text()
        environ = {**os.environ, **dict(line.split("=", 1) for line in lines.splitlines())}
        done = subprocess.run([*NETRA, "migrate"], env=environ, capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("nothing to do\n", "")
        processes = tree(process)
        secrets = [v for line in lines.splitlines() for n, v in [line.split("=", 1)] if n.endswith(("PASSWORD", "KEY"))]
        assert len(secrets) == 4
        assert not any(secret in command for secret in secrets for command in processes.values())
        process.send_signal(signal.SIGINT)
        assert process.wait(ENDED_S) == 0
        assert not file.exists()
    assert all_gone(processes)


def test_kill_9_ends_the_whole_tree_and_the_next_start_works(state_dir: Path) -> None:
    with up(state_dir) as (process, _, _):
        processes = tree(process)
        assert len(processes) >= 5
        process.kill()
    assert all_gone(processes)
    with up(state_dir) as (process, said, _):
        assert httpx.get(f"{said['address']}/health/live", trust_env=False).status_code == 200
        process.terminate()
        assert process.wait(ENDED_S) == 0


@pytest.mark.parametrize("component", ["worker", "valkey"])
def test_a_part_that_ends_by_itself_is_named_and_ends_the_rest(state_dir: Path, component: str) -> None:
    with up(state_dir) as (process, said, stderr):
        processes = tree(process)
        workers = [pid for pid, command in processes.items() if command.endswith(" worker")]
        os.kill(said["servers"].get(component) or workers[0], signal.SIGKILL)
        assert process.wait(ENDED_S) == 1
        assert f"startup_failed: {component}: ended by itself with exit code -9" in stderr.read_text()
    assert all_gone(processes)
