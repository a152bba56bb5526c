"""The pure pieces: nonces, proofs, log reading, what counts as a replacement, what a report says."""

import json
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.facts import Control, Proof, SuiteResult, TestResult
from goldenpath.testing.junit import junit
from goldenpath.testing.lines import Evidence, Finished, TestInfo
from goldenpath.testing.log_reader import LogReader
from goldenpath.testing.mocks import replacers_in
from goldenpath.testing.nonce import ALPHABET, NONCE, new_mark, nonce_of
from goldenpath.testing.outcome import telling
from goldenpath.testing.proofs import Findings, prove
from goldenpath.testing.redact import redacted
from goldenpath.testing.store import SuiteStore, merged
from goldenpath.testing.tally import UNLOADED, counts_of
from goldenpath.testing.target import Target

TARGET = Target(
    door="http://127.0.0.1:8000",
    socket_path="/ws",
    revision="r1",
    fingerprint="f1",
    version_path="/version",
    revision_field="revision",
    fingerprint_field="fingerprint",
    revision_header="X-Revision",
)
TEST = TestInfo(
    id="a", file="a.py", title="a", priority=1, journey="", category="c", nonce="bcdf", sources=("log", "rows")
)
SEEN = Evidence(responses=2, revisions=("r1",), peers=("127.0.0.1:8000",))
FINISHED = Finished(id="a", outcome="passed", seconds=1, evidence=SEEN)
FOUND = Findings(log_lines=1, rows=1, revision="r1", fingerprint="f1")


@given(st.text(), st.text())
def test_nonces_are_made_of_harmless_letters_and_differ(one: str, two: str) -> None:
    mark = new_mark()
    assert NONCE.fullmatch(nonce_of(mark, one))
    assert set(nonce_of(mark, one)) <= set(ALPHABET)
    assert nonce_of(mark, one) == nonce_of(mark, one)
    assert (nonce_of(mark, one) == nonce_of(mark, two)) is (one == two)
    assert nonce_of(mark, one).startswith(mark)


def missing(finished: Finished = FINISHED, found: Findings = FOUND, target: Target = TARGET) -> set[str]:
    return {proof.kind for proof in prove(TEST, finished, found, target) if proof.verdict != "pass"}


def seen(**changes: object) -> Finished:
    return FINISHED.model_copy(update={"evidence": SEEN.model_copy(update=changes)})


def found(**changes: object) -> Findings:
    return FOUND.model_copy(update=changes)


def test_every_proof_can_be_missing() -> None:
    assert missing() == set()
    assert missing(found=found(log_lines=0)) == {"nonce_in_log"}
    assert missing(found=found(rows=0, trouble="refused")) == {"nonce_in_rows"}
    assert missing(found=found(revision="r0")) == {"revision"}
    assert missing(found=found(revision="")) == {"revision"}
    assert missing(seen(revisions=("r1", "r0"))) == {"revision"}
    assert missing(seen(revisions=())) == {"revision"}
    assert missing(found=found(fingerprint="f0")) == {"fingerprint"}
    assert missing(target=TARGET.model_copy(update={"fingerprint": ""}), found=found(fingerprint="")) == {"fingerprint"}
    assert missing(seen(runs=2)) == {"not_skipped"}
    assert missing(seen(peers=())) == {"sockets"}
    assert missing(seen(peers=("127.0.0.1:8000", "127.0.0.1:5432"))) == {"sockets"}
    assert missing(seen(substitutes=("monkeypatch",))) == {"sockets"}
    assert missing(found=found(replacers=("respx",))) == {"sockets"}


def test_a_target_without_a_revision_header_is_proven_by_its_version_door() -> None:
    bare = TARGET.model_copy(update={"revision_header": ""})
    assert missing(seen(revisions=()), target=bare) == set()
    assert missing(seen(revisions=()), found=found(revision="r0"), target=bare) == {"revision"}


def test_only_what_is_written_after_the_start_counts(tmp_path: Path) -> None:
    log, later = tmp_path / "web.jsonl", tmp_path / "later.jsonl"
    log.write_text(json.dumps({"request_id": "mark-one-1"}) + "\n")
    reader = LogReader((str(log), str(later)), "request_id", "mark")
    assert reader.count("mark-one") == 0
    with log.open("a") as file:
        file.write(json.dumps({"request_id": "mark-one-2"}) + "\nmark no json\n[1]\n")
        file.write(json.dumps({"other": "mark-one-3"}) + "\n" + json.dumps({"request_id": "mark-two-1"})[:-5])
    assert (reader.count("mark-one"), reader.count("mark-two")) == (1, 0)
    with log.open("a") as file:
        file.write(json.dumps({"request_id": "mark-two-1"})[-5:] + "\n")
    later.write_text(json.dumps({"request_id": "mark-one-4"}) + "\n")
    assert (reader.count("mark-one"), reader.count("mark-two")) == (2, 1)


@pytest.mark.parametrize(
    ("source", "replacers"),
    [
        ("import unittest\nimport mocking\nfrom . import mock\n", ()),
        ("from unittest import mock\n", ("unittest.mock",)),
        ("from unittest.mock import patch\n", ("unittest.mock", "unittest.mock.patch")),
        ("def f():\n    import respx as r\n", ("respx",)),
    ],
)
def test_replacing_libraries_are_found_wherever_they_are_imported(source: str, replacers: tuple[str, ...]) -> None:
    assert replacers_in(source) == replacers


def test_messages_keep_no_secret() -> None:
    token = "eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl"
    opaque = "aB3" + "x" * 40
    text = f"{token} {opaque} hunter22 blue short 95ace6098dd59c80"
    safe = redacted(text, {"DB_PASSWORD": "hunter22", "COLOUR": "blue", "A_KEY": "short"})
    assert safe == "[secret] [secret] [secret] blue short 95ace6098dd59c80"
    assert len(redacted("x" * 100_000, {})) < 7000


def test_a_traceback_keeps_the_frames_that_tell() -> None:
    text = (
        'Traceback (most recent call last):\n  File "/lib/_pytest/runner.py", line 1, in call\n    machine()\n'
        '  File "/suite/test_a.py", line 2, in test_a\n    assert x\nAssertionError: no'
    )
    assert telling(text) == (
        'Traceback (most recent call last):\n  File "/suite/test_a.py", line 2, in test_a\n    assert x\n'
        "AssertionError: no"
    )


PROVEN = TestResult(
    id="suite/test_a.py::test_a",
    title="A",
    outcome="passed",
    priority=1,
    journey="chat",
    category="core",
    nonce="n",
    proofs=(Proof(kind="revision", verdict="pass", text="r1"),),
)
UNPROVEN = PROVEN.model_copy(
    update={"id": "b::b", "proofs": (Proof(kind="revision", verdict="not_proven", text="r2"),)}
)
FAILED = PROVEN.model_copy(update={"id": "c::c", "outcome": "failed", "proofs": (), "message": "no \x00 \x1b[31m<&>"})
SKIPPED = FAILED.model_copy(update={"id": "d::d", "outcome": "skipped"})
NOT_RUN = FAILED.model_copy(update={"id": "e::e", "outcome": "not_run"})
BROKEN = FAILED.model_copy(update={"id": "f", "outcome": "error"})
UNLOADABLE = BROKEN.model_copy(update={"id": "g", "category": UNLOADED})
EVERY = (PROVEN, UNPROVEN, FAILED, SKIPPED, NOT_RUN, BROKEN)


def result_of(*tests: TestResult, controls: tuple[Control, ...] = ()) -> SuiteResult:
    return SuiteResult(verdict="fail", counts=counts_of(tests, 9), results=tests, controls=controls, seconds=1)


def test_the_books_balance() -> None:
    counts = counts_of(EVERY, 9)
    assert (counts.available, counts.selected, counts.executed) == (9, 6, 4)
    assert (counts.passed, counts.failed, counts.skipped, counts.proven) == (2, 2, 1, 1)


def test_junit_calls_nothing_passed_that_is_not_proven() -> None:
    green = Control(target="impostor", executed=6, red=5, green=("b::b",))
    written = junit("e2e", result_of(*EVERY, controls=(Control(target="dead", executed=6, red=6), green)))
    root = fromstring(written)  # noqa: S314 - our own document
    tests, controls = root
    said = {case.get("name"): [(e.tag, e.get("type")) for e in case if e.tag != "properties"] for case in tests}
    assert said == {
        "test_a": [],
        "b": [("error", "not_proven")],
        "c": [("failure", "failed")],
        "d": [("skipped", "skipped")],
        "e": [("skipped", "not_run")],
        "f": [("error", "error")],
    }
    assert (tests.get("tests"), tests.get("failures"), tests.get("errors"), tests.get("skipped")) == (
        "6",
        "1",
        "2",
        "2",
    )
    assert [(case.get("name"), case.find("failure") is None) for case in controls] == [
        ("dead", True),
        ("impostor", False),
    ]


def test_the_store_keeps_the_newest_result_of_every_test(tmp_path: Path) -> None:
    store = SuiteStore(tmp_path, "e2e")
    assert store.last() is None
    store.keep("e2e", result_of(PROVEN, FAILED, UNLOADABLE))
    mended = FAILED.model_copy(update={"outcome": "passed"})
    path = store.keep("e2e", result_of(mended))
    assert path.read_text(encoding="utf-8").startswith("<?xml")
    last = store.last()
    assert last is not None
    assert [(test.id, test.outcome) for test in last.results] == [(PROVEN.id, "passed"), (FAILED.id, "passed")]
    assert (last.counts.selected, last.counts.available) == (2, 9)
    whole = result_of(BROKEN)
    whole = whole.model_copy(update={"counts": whole.counts.model_copy(update={"available": 1})})
    assert merged(last, whole) == whole


def test_old_runs_are_removed(tmp_path: Path) -> None:
    store = SuiteStore(tmp_path, "e2e")
    for _ in range(20):
        store.new_run().mkdir()
    assert len([path for path in (tmp_path / "tests" / "e2e").iterdir() if path.is_dir()]) == 13
