"""Versions of packages are found from the process that runs with them, and what differs is told by name."""

import subprocess
import sys
from collections.abc import Generator
from importlib.metadata import version

import pytest
from diagnosis_bench import named
from observing import values
from sample import system

from goldenpath.diagnosis.engine import diagnose
from goldenpath.probes.host import probe_hosts
from goldenpath.probes.packages import Changed, differences, packages_of
from goldenpath.probes.process import ProcessFacts
from goldenpath.probes.record import Recorder


@pytest.fixture
def python() -> Generator[int]:
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the kernel shows a command line a moment after the program was started
        yield process.pid
        process.kill()


def test_the_packages_of_a_running_process(python: int) -> None:
    found = packages_of((python,))
    assert found["pydantic"] == version("pydantic")
    assert found["pydantic-core"] == version("pydantic-core")


def test_what_is_no_interpreter_has_none() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        assert packages_of((process.pid,)) == {}
        process.kill()
    assert packages_of((2**22 - 1,)) == {}


def test_what_differs() -> None:
    before, after = {"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "2.1", "d": "4"}
    assert differences(before, after) == (
        Changed(name="b", before="2", after="2.1"),
        Changed(name="c", before="3", after=""),
        Changed(name="d", before="", after="4"),
    )
    assert differences(before, before) == ()


async def test_a_package_that_changed_and_is_complained_of(python: int) -> None:
    recorder = Recorder(revision="r1")
    facts = [ProcessFacts(component="api", state="running", pid=python)]
    now = packages_of((python,))
    before = {"api": {**now, "httpx": "0.1"}}
    found = [*await probe_hosts(recorder, system(), facts, packages=before, window_s=0.02)]
    same = await probe_hosts(recorder, system(), facts, packages={"api": now}, window_s=0.02)
    assert values(found)["package.changed"] == {"name": "httpx", "before": "0.1", "after": version("httpx")}
    assert values(same)["package.unchanged"] is True
    found.append(recorder.observe(probe="health", subject="api", name="health.status", value="unhealthy"))
    assert named(diagnose(system(), found)) == [], "that it changed alone proves nothing"
    said = {"level": "error", "text": "AttributeError: module 'httpx' has no attribute 'Client'", "count": 3}
    found.append(recorder.observe(probe="log", subject="api", name="log.errors", value={**said}))
    assert named(diagnose(system(), found)) == [("package_changed", "api")]
