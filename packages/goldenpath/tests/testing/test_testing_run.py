"""One suite, run against a small real system: what is proven, what is not, and the books."""

import pytest

from goldenpath.facts import Proof, SuiteResult, TestResult
from goldenpath.testing.nonce import NONCE
from goldenpath.testing.run import run_suite
from goldenpath.testing.target import FailFast, Selection

from .conftest import Notes, SuiteOf

HONEST = """
import pytest

pytestmark = [pytest.mark.journey("write"), pytest.mark.category("core")]


@pytest.mark.priority(1)
@pytest.mark.title("A note is kept")
async def test_keeps(door, nonce):
    answer = await door.post("/notes", json={"content": f"note {nonce}"})
    assert answer.status_code == 201
    assert nonce in answer.json()["content"]


@pytest.mark.priority(2)
@pytest.mark.proof("log")
async def test_listens(socket):
    conversation = await socket()
    await conversation.send("four")
    assert await conversation.recv() == '{"length": 4}'
"""


def by_name(result: SuiteResult) -> dict[str, TestResult]:
    return {test.id.split("::")[-1]: test for test in result.results}


def proofs(test: TestResult) -> dict[str, Proof]:
    return {proof.kind: proof for proof in test.proofs}


async def test_honest_tests_are_proven(suite_of: SuiteOf) -> None:
    heard: list[TestResult] = []
    result = await run_suite(suite_of({"test_notes.py": HONEST}), heard.append)
    assert result.verdict == "pass", result
    assert result.counts.model_dump() == {
        "available": 2,
        "selected": 2,
        "executed": 2,
        "passed": 2,
        "failed": 0,
        "skipped": 0,
        "proven": 2,
    }
    assert {test.id for test in heard} == {"suite/test_notes.py::test_keeps", "suite/test_notes.py::test_listens"}
    keeps = by_name(result)["test_keeps"]
    assert (keeps.title, keeps.priority, keeps.journey, keeps.category) == ("A note is kept", 1, "write", "core")
    assert NONCE.fullmatch(keeps.nonce)
    assert list(proofs(keeps)) == [
        "nonce_in_log",
        "nonce_in_rows",
        "revision",
        "fingerprint",
        "not_skipped",
        "sockets",
    ]
    assert "nonce_in_rows" not in proofs(by_name(result)["test_listens"])


async def test_workers_keep_the_same_books(suite_of: SuiteOf) -> None:
    files = {f"test_notes_{number}.py": HONEST for number in range(3)}
    result = await run_suite(suite_of(files, workers=2))
    assert (result.verdict, result.counts.proven, result.counts.available) == ("pass", 6, 6), result
    assert len({test.nonce for test in result.results}) == 6


@pytest.mark.parametrize(
    ("notes", "missing"),
    [
        (["mute"], {"nonce_in_log"}),
        (["forgetful"], {"nonce_in_rows"}),
    ],
    indirect=["notes"],
)
async def test_a_green_test_without_its_nonce_is_not_proven(suite_of: SuiteOf, missing: set[str]) -> None:
    result = await run_suite(suite_of({"test_notes.py": HONEST}, selection=Selection(priorities=(1,))))
    (test,) = result.results
    assert (result.verdict, test.outcome, test.proven) == ("not_proven", "passed", False)
    assert {p.kind for p in test.proofs if p.verdict != "pass"} == missing


@pytest.mark.parametrize("notes", [["renamed"]], indirect=True)
async def test_an_answer_of_another_revision_is_red(suite_of: SuiteOf) -> None:
    result = await run_suite(suite_of({"test_notes.py": HONEST}, selection=Selection(priorities=(1,))))
    (test,) = result.results
    assert (result.verdict, test.outcome) == ("fail", "failed")
    assert "the answer names 'r2', deployed was 'r1'" in test.message


async def test_another_fingerprint_is_not_proven(suite_of: SuiteOf) -> None:
    run = suite_of({"test_notes.py": HONEST})
    other = run.target.model_copy(update={"fingerprint": "f2"})
    result = await run_suite(run.model_copy(update={"target": other}))
    assert result.verdict == "not_proven"
    for test in result.results:
        assert {p.kind for p in test.proofs if p.verdict != "pass"} == {"fingerprint"}


DISHONEST = """
import socket as sockets

import pytest


def test_never_goes_there():
    assert True


@pytest.mark.proof("log")
async def test_goes_elsewhere(door):
    await door.get("/version")
    with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM) as other:
        other.connect(("127.0.0.1", 9))


@pytest.mark.proof("log")
async def test_replaces(door, monkeypatch):
    await door.get("/version")


@pytest.mark.skip(reason="later")
async def test_skips(door):
    raise AssertionError


@pytest.mark.xfail(strict=True, reason="known")
async def test_expects_to_fail(door):
    raise AssertionError
"""
MOCKING = """
import pytest


@pytest.mark.proof("log")
async def test_mocks(door):
    from unittest import mock
    await door.get("/version")
"""


async def test_dishonest_tests_are_not_proven(suite_of: SuiteOf) -> None:
    result = await run_suite(suite_of({"test_dishonest.py": DISHONEST, "test_mocking.py": MOCKING}))
    tests = by_name(result)
    assert result.verdict == "not_proven"
    assert (result.counts.selected, result.counts.executed, result.counts.proven) == (6, 4, 0)
    never = proofs(tests["test_never_goes_there"])
    assert {k for k, p in never.items() if p.verdict != "pass"} == {
        "nonce_in_log",
        "nonce_in_rows",
        "revision",
        "sockets",
    }
    assert "127.0.0.1:9" in proofs(tests["test_goes_elsewhere"])["sockets"].text
    assert "monkeypatch" in proofs(tests["test_replaces"])["sockets"].text
    assert "unittest.mock" in proofs(tests["test_mocks"])["sockets"].text
    assert (tests["test_skips"].outcome, tests["test_expects_to_fail"].outcome) == ("skipped", "skipped")


RED = """
import os

import pytest


@pytest.fixture(scope="module")
def broken():
    raise RuntimeError("no such account")


@pytest.mark.category("a")
async def test_1_fails(door, target):
    answer = await door.get("/version")
    assert answer.status_code == 418, target.environ["NOTES_PASSWORD"]


@pytest.mark.category("a")
async def test_2_errs(broken):
    pass


@pytest.mark.category("b")
@pytest.mark.proof("log")
async def test_3_passes(door):
    await door.get("/version")


@pytest.mark.category("b")
async def test_4_fails(door):
    assert (await door.get("/version")).status_code == 418
"""


async def test_red_says_why_and_no_secret(suite_of: SuiteOf) -> None:
    run = suite_of({"test_red.py": RED})
    result = await run_suite(run)
    tests = by_name(result)
    assert (result.verdict, result.counts.failed, result.counts.proven) == ("fail", 3, 1)
    assert (tests["test_1_fails"].outcome, tests["test_2_errs"].outcome) == ("failed", "error")
    assert "418" in tests["test_1_fails"].message
    assert run.target.environ["NOTES_PASSWORD"] not in tests["test_1_fails"].message
    assert "no such account" in tests["test_2_errs"].message


@pytest.mark.parametrize(
    ("fail_fast", "outcomes"),
    [
        (FailFast(mode="first"), ["failed", "not_run", "not_run", "not_run"]),
        (FailFast(mode="category"), ["failed", "not_run", "passed", "failed"]),
        (FailFast(mode="threshold", threshold=2), ["failed", "error", "not_run", "not_run"]),
    ],
    ids=lambda value: value.mode if isinstance(value, FailFast) else "",
)
async def test_stops_as_asked(suite_of: SuiteOf, fail_fast: FailFast, outcomes: list[str]) -> None:
    result = await run_suite(suite_of({"test_red.py": RED}, fail_fast=fail_fast))
    assert [test.outcome for _, test in sorted(by_name(result).items())] == outcomes
    assert result.verdict == "fail"


HANGING = """
import time

import pytest


@pytest.mark.proof("log")
async def test_1_passes(door):
    await door.get("/version")


async def test_2_hangs(door):
    time.sleep(600)


async def test_3_never_begins(door):
    pass
"""


async def test_a_hanging_run_is_stopped_and_named(suite_of: SuiteOf) -> None:
    result = await run_suite(suite_of({"test_hanging.py": HANGING}, timeout_s=4))
    outcomes = [test.outcome for _, test in sorted(by_name(result).items())]
    assert outcomes == ["passed", "failed", "not_run"], result
    assert "stopped after 4 s" in by_name(result)["test_2_hangs"].message
    assert (result.counts.selected, result.counts.executed) == (3, 2)


async def test_a_hanging_test_is_ended_and_the_others_run(suite_of: SuiteOf) -> None:
    result = await run_suite(suite_of({"test_hanging.py": HANGING}, test_timeout_s=1))
    assert by_name(result)["test_2_hangs"].outcome == "failed"
    assert by_name(result)["test_3_never_begins"].outcome == "passed"


async def test_a_crashed_worker_is_red(suite_of: SuiteOf) -> None:
    crash = "import os\n\n\nasync def test_crashes(door):\n    os._exit(1)\n"
    result = await run_suite(suite_of({"test_crash.py": crash, "test_notes.py": HONEST}, workers=2))
    assert by_name(result)["test_crashes"].outcome == "failed"
    assert (result.verdict, result.counts.selected, result.counts.executed) == ("fail", 3, 3)


async def test_a_suite_that_cannot_be_loaded_is_red(suite_of: SuiteOf) -> None:
    files = {"test_broken.py": "import no_such_module\n", "test_notes.py": HONEST}
    result = await run_suite(suite_of(files, workers=2))
    (broken,) = [test for test in result.results if test.category == "collection"]
    assert "no_such_module" in broken.message
    assert (result.verdict, result.counts.passed, result.counts.failed) == ("fail", 2, 1)
    assert (result.counts.available, result.counts.selected, result.counts.executed) == (3, 3, 3)


async def test_a_pytest_that_cannot_start_is_red(suite_of: SuiteOf) -> None:
    result = await run_suite(suite_of({"test_notes.py": HONEST}, path="nowhere"))
    assert result.verdict == "fail"
    assert "nowhere" in result.results[0].message


async def test_nothing_selected_proves_nothing(suite_of: SuiteOf, notes: Notes) -> None:
    result = await run_suite(suite_of({"test_notes.py": HONEST}, selection=Selection(priorities=(7,))))
    assert (result.verdict, result.counts.available, result.counts.selected) == ("not_proven", 2, 0)
    assert notes.requests == 0
