"""Limits of real control groups, version 1 or 2, where this user may make one: a kill for memory, a quota of time."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from diagnosis_bench import named
from sample import system

from goldenpath.diagnosis.engine import diagnose
from goldenpath.facts import Observation
from goldenpath.probes.cgroup import ROOT, quota_of
from goldenpath.probes.host import probe_hosts
from goldenpath.probes.process import ProcessFacts, probe_processes
from goldenpath.probes.record import Recorder

MIB = 1 << 20
EATS = f"kept = []\nwhile True: kept.append(bytearray({8 * MIB}))"
SPINS = "print('ready', flush=True)\nwhile True: pass"


def group(controller: str, settings: dict[str, str]) -> Path:
    """A new control group with these settings; skips where none can be made."""
    unified = (ROOT / "cgroup.controllers").exists()
    folder = (ROOT if unified else ROOT / controller) / f"goldenpath-test-{os.getpid()}"
    try:
        if unified:
            (ROOT / "cgroup.subtree_control").write_text(f"+{controller}")
        folder.mkdir()
        for name, value in settings.items():
            if (folder / name).exists():
                (folder / name).write_text(value)
    except OSError as error:
        with contextlib.suppress(OSError):
            folder.rmdir()
        pytest.skip(f"no control group can be made here: {error}")
    return folder


@contextlib.contextmanager
def limited(controller: str, settings: dict[str, str], source: str) -> Generator[subprocess.Popen[bytes]]:
    """A Python program in a control group of its own."""
    folder = group(controller, settings)
    here = f"open({str(folder / 'cgroup.procs')!r}, 'w').write('0')\n"
    process = subprocess.Popen([sys.executable, "-c", here + source], stdout=subprocess.PIPE)
    try:
        with process:
            yield process
            process.kill()
    finally:
        folder.rmdir()


async def look(process: subprocess.Popen[bytes], state: str, window_s: float = 0.05) -> list[Observation]:
    recorder = Recorder()
    facts = [ProcessFacts(component="api", state=state, pid=process.pid, exit_code=process.returncode)]
    found = [*probe_processes(recorder, system(), facts, {})]
    found += await probe_hosts(recorder, system(), facts, window_s=window_s)
    found.append(recorder.observe(probe="health", subject="api", name="health.status", value="unreachable"))
    return found


async def test_what_was_killed_for_memory_did_not_just_die() -> None:
    settings = {"memory.max": str(48 * MIB), "memory.swap.max": "0", "memory.limit_in_bytes": str(48 * MIB)}
    with limited("memory", settings, EATS) as process:
        assert process.wait(60) == -9
        found = await look(process, "exited")
    kills = next((o for o in found if o.name == "host.kills"), None)
    if kills is None:
        pytest.skip("the kernel's log may not be read here")
    assert isinstance(kills.value, dict)
    assert kills.value["pid"] == process.pid
    diagnosis = diagnose(system(), found)
    assert named(diagnosis) == [("killed_for_memory", "api")]


async def test_a_quota_that_holds_a_process_back() -> None:
    settings = {"cpu.max": "10000 100000", "cpu.cfs_quota_us": "10000", "cpu.cfs_period_us": "100000"}
    with limited("cpu", settings, SPINS) as process:
        assert process.stdout
        process.stdout.readline()
        found = await look(process, "running", window_s=0.5)
        quota = quota_of(process.pid)
    assert quota is not None
    assert quota.cores == pytest.approx(0.1)
    cpu = next(o.value for o in found if o.name == "host.cpu")
    assert isinstance(cpu, dict)
    assert isinstance(share := cpu["throttled"], float)
    assert share > 0.5
    diagnosis = diagnose(system(), found)
    assert named(diagnosis) == [("cpu_throttled", "api")]
