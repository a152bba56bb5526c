"""What a loop leaves open is said, whatever ended it; what is proven is not called open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_events import FIX, at, repaired_loop, result

from goldenpath.events import (
    Checked,
    CycleStarted,
    Diagnosed,
    FixFinished,
    FixPlanned,
    LoopEvent,
    LoopFinished,
    SuiteFinished,
    TestFinished,
)
from goldenpath.facts import Control, Finding, FixResult, SuiteCounts
from goldenpath.worklog.fold import fold
from goldenpath.worklog.render import html, markdown

NO_TESTS = "the tests: none ran, so no journey is proven"


def changed(**updates: object) -> list[LoopEvent]:
    """The repaired loop, its suite changed."""
    return [e.model_copy(update=updates) if isinstance(e, SuiteFinished) else e for e in repaired_loop()]


def stopped(fix: FixResult) -> list[LoopEvent]:
    """The loop as it stops after the first diagnosis."""
    events = repaired_loop()
    named = next(n for n, e in enumerate(events) if isinstance(e, Diagnosed))
    ended = FixFinished(at=at(1.6), cycle=1, fix=FIX, result=fix, statement="as it is", seconds=0)
    last = LoopFinished(at=at(1.7), cycle=1, verdict="fail", reason="stopped", revision="r1", seconds=1.7)
    return [*events[: named + 1], ended, last]


@pytest.mark.parametrize(
    ("fix", "says"),
    [
        ("planned", "the fix (restore DB_HOST from r1): planned and not applied; expected of it: DB_HOST is set"),
        ("needs_permission", "not applied without a person's permission"),
        ("refused", "the fix (restore DB_HOST from r1): refused"),
    ],
)
def test_a_fix_that_is_not_applied_and_tests_that_did_not_run_are_open(fix: FixResult, says: str) -> None:
    log = fold(stopped(fix))
    assert (log.counts, log.tests) == (None, ())
    assert NO_TESTS in log.not_proven
    assert any(says in text for text in log.not_proven)
    for page in (html(log), markdown(log)):
        assert "Nothing is left open" not in page
        assert "none ran, so no journey is proven" in page


@pytest.mark.parametrize("fix", ["undone", "failed"])
def test_a_fix_that_failed_is_no_open_question(fix: FixResult) -> None:
    assert fold(stopped(fix)).not_proven == (NO_TESTS,)


def test_a_fix_that_was_begun_is_open_until_it_is_judged() -> None:
    events = repaired_loop()
    begun = next(n for n, e in enumerate(events) if isinstance(e, FixPlanned))
    assert any("begun and not judged" in text for text in fold(events[: begun + 1]).not_proven)
    assert not any("the fix" in text for text in fold(events).not_proven)


def test_a_loop_that_has_not_ended_says_so() -> None:
    assert fold(repaired_loop()[:3]).not_proven == ("the loop has not ended", NO_TESTS)


def test_tests_that_were_broken_off_are_counted() -> None:
    events = [e for e in repaired_loop() if not isinstance(e, SuiteFinished)]
    assert fold(events).not_proven == ("the tests were broken off after 2",)


def test_tests_that_were_not_selected_are_counted() -> None:
    counts = SuiteCounts(available=5, selected=2, executed=2, passed=2, failed=0, skipped=0, proven=2)
    assert fold(changed(counts=counts)).not_proven == ("the tests: 3 of 5 were not selected",)


@pytest.mark.parametrize(
    ("controls", "says"),
    [
        ((), "the tests: not shown to fail against a dead target or an impostor"),
        ((Control(target="impostor", executed=0, red=0),), "the tests: none ran against the impostor target"),
    ],
)
def test_tests_that_were_not_shown_to_be_able_to_fail_are_open(controls: tuple[Control, ...], says: str) -> None:
    assert fold(changed(controls=controls)).not_proven == (says,)


def test_a_check_of_the_last_cycle_that_could_not_decide_is_open() -> None:
    unclear = Finding(check="edge", subject="web->db", verdict="not_proven", statement="it was not probed")
    events = [
        e.model_copy(update={"findings": (unclear,)}) if isinstance(e, Checked) and e.stage == "candidate" else e
        for e in repaired_loop()
    ]
    assert fold(events).not_proven == ("web->db: it was not probed",)


def test_what_an_earlier_cycle_tested_is_not_proven_of_the_last() -> None:
    events = repaired_loop()
    again = CycleStarted(at=at(11), cycle=3, reason="look again")
    last = LoopFinished(at=at(12), cycle=3, verdict="fail", reason="no", revision="r3", seconds=12)
    log = fold([*events[:-1], again, last])
    assert (log.counts, log.tests, log.controls) == (None, (), ())
    assert log.not_proven == (NO_TESTS,)
    assert [j.verdict for j in log.journeys] == ["not_proven"]


@given(st.lists(st.sampled_from(["passed", "failed", "error", "skipped", "not_run"]), min_size=1), st.booleans())
def test_each_test_that_is_neither_red_nor_proven_is_named(outcomes: list[str], proven: bool) -> None:
    results = [result(f"t{n}", proven=proven, outcome=outcome) for n, outcome in enumerate(outcomes)]
    kept = [e for e in repaired_loop() if not isinstance(e, TestFinished)]
    suite = next(n for n, e in enumerate(kept) if isinstance(e, SuiteFinished))
    told = [TestFinished(at=at(7), cycle=2, result=r) for r in results]
    named = {text.partition(":")[0] for text in fold([*kept[:suite], *told, *kept[suite:]]).not_proven}
    assert named == {r.title for r in results if r.outcome not in {"failed", "error"} and not r.proven}
