"""The whole loop on this repository's own project: real servers, real processes, real faults."""

import signal
import time
from pathlib import Path

import pytest
from whole_project import project

from goldenpath.events import CandidateStarted, CycleStarted, LoopStarted
from goldenpath.loop.journal import read

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]
ONE_FILE = "e2e/p1/test_p1_socket.py"


def test_a_healthy_checkout_ends_green_and_every_test_is_proven(tmp_path: Path) -> None:
    with project(tmp_path) as own:
        code, result, said = own.run("loop")
        assert (code, result.get("verdict")) == (0, "pass"), said
        tests = result["tests"]
        assert (tests["available"], tests["selected"], tests["executed"]) == (26, 26, 26)
        assert (tests["passed"], tests["proven"], tests["skipped"]) == (26, 26, 0)
        assert {c["target"]: (c["executed"], c["red"]) for c in result["controls"]} == {
            "dead": (26, 26),
            "impostor": (26, 26),
        }
        assert result["causes"] == []
        assert result["fixes"] == []
        assert {v["verdict"] for v in result["value_at_risk"].values()} == {"pass"}
        code, verified, _ = own.run("worklog", "--verify")
        assert (code, verified["differ"]) == (0, [])
        code, checked, said = own.run("check")
        assert (code, checked["verdict"]) == (0, "pass"), said


def test_a_revision_without_its_database_host_is_blocked_named_and_repaired(tmp_path: Path) -> None:
    with project(tmp_path, suite=ONE_FILE) as own:
        assert own.run("loop", "--no-controls")[0] == 0
        code, refused, said = own.run("deploy", "--unset", "POSTGRES_HOST")
        assert (code, refused["verdict"], refused["door"]) == (1, "fail", ""), said
        named = [(c["id"], c["component"]) for c in refused["diagnosis"]["causes"]]
        assert named == [("variable_missing", "postgres")]
        code, result, said = own.run("loop", "--no-controls", "--unset", "POSTGRES_HOST")
        assert (code, result.get("verdict"), result.get("cycles")) == (0, "pass", 2), said
        assert [(c["id"], c["component"]) for c in result["causes"]] == [("variable_missing", "postgres")]
        assert [(f["action"], f["result"]) for f in result["fixes"]] == [("restore_variable", "verified")]
        first = [e for e in read(own.journals()[-1]) if e.cycle == 1]
        assert not [e for e in first if isinstance(e, CandidateStarted)]


def test_a_killed_loop_goes_on(tmp_path: Path) -> None:
    with project(tmp_path, suite=ONE_FILE) as own:
        process = own.start("loop", "--no-controls")
        wait_for(own.journals, lambda: any(isinstance(e, CandidateStarted) for e in read(own.journals()[-1])))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        code, result, said = own.run("loop", "--no-controls", "--resume")
        assert (code, result.get("verdict")) == (0, "pass"), said
        assert len(own.journals()) == 1
        events = read(own.journals()[0])
        assert [e.resumed for e in events if isinstance(e, LoopStarted)] == [False, True]
        assert len([e for e in events if isinstance(e, CycleStarted)]) == 2


def wait_for(first: object, then: object, seconds: float = 120) -> None:
    assert callable(first)
    assert callable(then)
    deadline = time.monotonic() + seconds
    while not (first() and then()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
