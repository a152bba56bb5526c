"""why and fix as commands, on a project whose processes are real and really broken."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from small_system import write_project

from goldenpath.deploy.local.target import LocalTarget

SOON_S = 20.0


@pytest.fixture(scope="module")
async def target(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalTarget]:
    """A project that is deployed and well."""
    folder: Path = tmp_path_factory.mktemp("why")
    made = LocalTarget(write_project(folder), folder, "local", drain_s=0.2)
    await made.ensure()
    try:
        first = await made.prepare({})
        started = await made.start(first.name)
        assert started.ready, started.statement
        await made.promote(first.name)
        made.mark_good(first.name)
        yield made
    finally:
        await made.down()


@pytest.fixture(scope="module")
def folder(target: LocalTarget) -> Path:
    """Its folder."""
    return next(p for p in target.log_files("web", "r1")[0].parents if (p / "goldenpath.toml").exists())


def goldenpath(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "goldenpath.cli.main", *words, "--project", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)


def told(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


async def frozen_worker(target: LocalTarget) -> int:
    pid = next(p.pid for p in await target.processes() if p.component == "worker" and p.pid)
    await target.signal("worker", pid, signal.SIGSTOP)
    async with asyncio.timeout(SOON_S):
        while "frozen" not in [p.state for p in await target.processes() if p.pid == pid]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return pid


async def test_nothing_is_wrong(folder: Path) -> None:
    done = await asyncio.to_thread(goldenpath, folder, "why", "--output", "json")
    said = told(done)
    assert (done.returncode, said["verdict"], said["causes"]) == (0, "pass", [])
    assert "nothing is wrong" in (await asyncio.to_thread(goldenpath, folder, "why")).stdout


async def test_a_stopped_worker_is_named_and_a_fix_is_planned(target: LocalTarget, folder: Path) -> None:
    pid = await frozen_worker(target)
    try:
        done = await asyncio.to_thread(goldenpath, folder, "why", "--output", "json")
        said = told(done)
        assert done.returncode == 1
        assert [(c["id"], c["component"], c["confidence"]) for c in said["causes"]] == [
            ("process_frozen", "worker", "proven")
        ]
        known = {o["id"] for o in said["observations"]}
        assert all(set(link["observations"]) <= known for link in said["causes"][0]["chain"])
        text = (await asyncio.to_thread(goldenpath, folder, "why")).stdout
        assert "process_frozen" in text
        assert "not: the process of worker is dead" in text
        planned = await asyncio.to_thread(goldenpath, folder, "fix", "--output", "json")
        report = told(planned)
        assert planned.returncode == 1
        assert [(f["action"], f["target"], f["result"]) for f in report["fixes"]] == [
            ("continue_process", f"component worker, pid {pid}", "planned")
        ]
        assert [p.state for p in await target.processes() if p.pid == pid] == ["frozen"]
    finally:
        await target.signal("worker", pid, signal.SIGCONT)


async def test_nothing_deployed_is_not_proven(tmp_path: Path) -> None:
    write_project(tmp_path)
    done = await asyncio.to_thread(goldenpath, tmp_path, "why", "--output", "json")
    assert done.returncode == 3
    assert "goldenpath deploy" in told(done)["missing_evidence"][0]
    assert (await asyncio.to_thread(goldenpath, tmp_path, "fix")).returncode == 3
