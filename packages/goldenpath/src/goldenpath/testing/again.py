"""Red tests run again, to tell a flaky one from a broken one: with nothing changed, it is red here and green there."""

from collections.abc import Sequence

from goldenpath.facts import SuiteResult, TestResult
from goldenpath.testing.run import OnResult, SuiteRun, run_suite
from goldenpath.testing.tally import RED, UNLOADED, counts_of, verdict_of
from goldenpath.testing.target import FailFast, Selection

FEW = 5
"""More red tests than these are no accident: they are not run again, so that the cause is looked for at once."""
MORE = 4
"""Runs of those that turned green, for a rate that says something."""


async def run_again(run: SuiteRun, result: SuiteResult, on_result: OnResult = lambda _: None) -> SuiteResult:
    """The result, in which tests that were red and are green again count as flaky: neither failed nor passed."""
    red = [test.id for test in result.results if test.outcome in RED and test.category != UNLOADED]
    if not 0 < len(red) <= FEW or result.counts.failed > len(red):
        return result
    seen: list[TestResult] = list(await _once(run, red, 1))
    green = {test.id for test in seen if test.outcome == "passed"}
    for number in range(2, MORE + 1) if green else ():
        seen += await _once(run, sorted(green), number)
    results = tuple(_judged(test, [s for s in seen if s.id == test.id]) for test in result.results)
    for test in results:
        if test.outcome == "flaky":
            on_result(test)
    counts = counts_of(results, result.counts.available)
    return result.model_copy(update={"results": results, "counts": counts, "verdict": verdict_of(counts, ())})


def flaky(result: SuiteResult) -> tuple[TestResult, ...]:
    """The flaky ones of a run."""
    return tuple(test for test in result.results if test.outcome == "flaky")


def rates(tests: Sequence[TestResult]) -> str:
    """How often each was red, in words."""
    return ", ".join(f"{test.title} (red in {test.red} of {test.runs} runs)" for test in tests)


async def _once(run: SuiteRun, ids: Sequence[str], number: int) -> tuple[TestResult, ...]:
    changes = {
        "selection": Selection(ids=tuple(ids)),
        "work_dir": run.work_dir.with_name(f"{run.work_dir.name}.again-{number}"),
        "fail_fast": FailFast(),
    }
    return (await run_suite(run.model_copy(update=changes))).results


def _judged(first: TestResult, again: Sequence[TestResult]) -> TestResult:
    if all(test.outcome != "passed" for test in again):
        return first
    red = 1 + sum(test.outcome in RED for test in again)
    return first.model_copy(update={"outcome": "flaky", "runs": 1 + len(again), "red": red, "proofs": ()})
