"""Probes of this machine: processes and ports, logs, pending migrations, invariants."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observing import values
from pydantic import JsonValue
from sample import MANIFEST, system
from servers import Postgres, die_with_parent, free_port, wait_until

from goldenpath.manifest.parse import parse
from goldenpath.probes.invariants import probe_invariants
from goldenpath.probes.log import probe_startup
from goldenpath.probes.process import ProcessFacts, listening_ports, probe_processes, stopped_processes
from goldenpath.probes.record import Recorder
from goldenpath.probes.schema import PendingResult, probe_pending

CHILD = "import subprocess,sys; p=subprocess.Popen([sys.executable,'-c','import time; time.sleep(60)']); p.wait()"


@pytest.fixture
def family() -> Generator[subprocess.Popen[bytes]]:
    """A process with a child of its own; both end with the test."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD],
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - no other thread runs at this point
    )
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def child_of(process: subprocess.Popen[bytes]) -> int:
    path = f"/proc/{process.pid}/task/{process.pid}/children"

    def children() -> list[int]:
        with open(path) as file:  # noqa: PTH123 - a file of the kernel
            return [int(pid) for pid in file.read().split()]

    wait_until(lambda: bool(children()), process, "the child")
    return children()[0]


def observed(facts: ProcessFacts, **environ: str) -> dict[str, JsonValue]:
    return values(probe_processes(Recorder(), system(), [facts], environ))


def test_a_running_process_is_running(family: subprocess.Popen[bytes]) -> None:
    found = observed(ProcessFacts(component="api", state="running", pid=family.pid, uptime_s=2.0))
    assert (found["process.state"], found["process.pid"], found["process.uptime_s"]) == ("running", family.pid, 2.0)


def test_a_stopped_child_is_named_instead_of_its_parent(family: subprocess.Popen[bytes]) -> None:
    child = child_of(family)
    os.kill(child, signal.SIGSTOP)
    wait_until(lambda: stopped_processes(family.pid) == (child,), family, "the stop")
    found = observed(ProcessFacts(component="api", state="running", pid=family.pid))
    assert (found["process.state"], found["process.pid"]) == ("frozen", child)


def test_an_ended_process_has_a_code_and_no_pid() -> None:
    found = observed(ProcessFacts(component="db", state="exited", exit_code=-9), DB_PORT=str(free_port()))
    assert found == {"process.state": "exited", "process.exit_code": -9, "process.listening": False}


def test_a_port_is_seen_from_the_listeners_side(database: Postgres) -> None:
    assert database.port in listening_ports()
    found = observed(ProcessFacts(component="db", state="running"), DB_PORT=str(database.port))
    assert found["process.listening"] is True


def test_a_port_that_is_no_number_is_no_port() -> None:
    assert "process.listening" not in observed(ProcessFacts(component="db", state="running"), DB_PORT="None")


def test_replicas_are_told_apart() -> None:
    described = parse(MANIFEST.replace('run = ["shop", "serve"]', 'run = ["shop", "serve"]\nreplicas = 2'))
    facts = [ProcessFacts(component="api", replica=n, revision="r4", state="running") for n in (0, 1)]
    seen = probe_processes(Recorder(), described, facts, {})
    assert [(o.subject, o.revision) for o in seen] == [("api#0", "r4"), ("api#1", "r4")]


@pytest.mark.parametrize(
    ("result", "name", "value"),
    [
        (PendingResult(exit_code=0, stdout="", stderr="log line"), "schema.pending", []),
        (PendingResult(exit_code=0, stdout="0001_a\n\n0002_b\n", stderr=""), "schema.pending", ["0001_a", "0002_b"]),
        (PendingResult(exit_code=1, stdout="0002_b\n", stderr=""), "schema.pending", ["0002_b"]),
        (PendingResult(exit_code=1, stdout="", stderr="warn\nno database\n"), "schema.error", "no database"),
        (PendingResult(exit_code=7, stdout="", stderr=""), "schema.error", "the command ended with exit code 7"),
    ],
)
def test_pending_migrations(result: PendingResult, name: str, value: JsonValue) -> None:
    (seen,) = probe_pending(Recorder(), result, revision="r1")
    assert (seen.subject, seen.name, seen.value, seen.revision) == ("schema", name, value, "r1")


def startup(*lines: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return values(probe_startup(Recorder(), "api", lines, revision="r1"))


def test_the_phase_that_failed_is_named() -> None:
    lines: list[dict[str, JsonValue]] = [
        {"level": "info", "phase": "settings", "outcome": "ok"},
        {"level": "error", "phase": "postgres", "outcome": "failed", "cause": "auth: no", "event": "startup phase"},
        {"level": "error", "message": "giving up after 3 s"},
        {"level": "error", "message": "giving up after 4 s"},
    ]
    seen = probe_startup(Recorder(), "api", lines)
    assert [(o.name, o.value) for o in seen] == [
        ("startup.failed", {"phase": "postgres", "cause": "auth: no"}),
        ("log.errors", {"text": "giving up after N s", "count": 2}),
        ("log.errors", {"text": "startup phase: auth: no", "count": 1}),
    ]


def test_a_phase_that_succeeded_later_did_not_fail() -> None:
    failed: dict[str, JsonValue] = {"level": "error", "phase": "postgres", "cause": "refused"}
    assert "startup.failed" not in startup(failed, {"level": "info", "phase": "postgres", "outcome": "ok"})


def test_errors_of_one_kind_are_counted_once() -> None:
    lines: list[dict[str, JsonValue]] = [{"level": "error", "message": f"run {n} lost after {n}.5 s"} for n in range(5)]
    (seen,) = probe_startup(Recorder(), "api", lines)
    assert seen.value == {"text": "run N lost after N s", "count": 5}


@pytest.mark.parametrize("text", ["ValueError: no", "netra.errors.StartupError: x", "config_invalid: a: b", "Error: x"])
def test_last_words_that_are_no_json_count(text: str) -> None:
    assert startup({"message": text, "stream": "stderr"})["log.errors"] == {"text": text, "count": 1}


def test_chatter_that_is_no_json_does_not_count() -> None:
    assert startup({"message": "listening on 8000"}, {"message": "LOG: database system is ready"}) == {}


WORDS = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.lists(st.text(max_size=3), max_size=2)


@given(st.lists(st.dictionaries(st.sampled_from(["level", "message", "phase", "cause", "outcome"]), WORDS), max_size=5))
def test_no_log_makes_it_fail(lines: list[dict[str, JsonValue]]) -> None:
    probe_startup(Recorder(), "api", lines)


LAWS = """
[[invariants]]
name = "few"
statement = "No number above three"
component = "db"
sql = "select n from generate_series(1, {}) n where n > 3"
"""


async def test_breaches_of_an_invariant_are_counted_by_a_reader_of_its_own(database: Postgres) -> None:
    for last, count in ((3, 0), (13, 10)):
        described = parse(MANIFEST + LAWS.replace("{}", str(last)))
        (seen,) = await probe_invariants(Recorder(), described, database.environ(), "r1")
        assert isinstance(seen.value, dict)
        assert (seen.value["name"], seen.value["count"]) == ("few", count)


async def test_an_invariant_that_cannot_be_read_is_an_error_and_no_breach(database: Postgres) -> None:
    described = parse(MANIFEST + LAWS)
    for change, error in (
        ({"DB_PASSWORD": "wrong-wrong"}, "bad_password"),
        ({"DB_PORT": str(free_port())}, "ECONNREFUSED"),
    ):
        (seen,) = await probe_invariants(Recorder(), described, database.environ() | change, "r1")
        assert (seen.name, seen.value) == ("invariant.error", error)
