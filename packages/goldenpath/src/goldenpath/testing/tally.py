"""From the results of a run to its bookkeeping and verdict; pure."""

from collections import Counter
from collections.abc import Sequence

from goldenpath.facts import Control, SuiteCounts, SuiteResult, TestResult, Verdict

EXECUTED = ("passed", "failed", "error", "flaky")
RED = ("failed", "error")
UNLOADED = "collection"
"""The category of a file that could not be loaded."""


def counts_of(results: Sequence[TestResult], available: int) -> SuiteCounts:
    """How many tests there are, were to run, ran, and are proven."""
    by_outcome = Counter(result.outcome for result in results)
    return SuiteCounts(
        available=available,
        selected=len(results),
        executed=sum(by_outcome[outcome] for outcome in EXECUTED),
        passed=by_outcome["passed"],
        failed=sum(by_outcome[outcome] for outcome in RED),
        skipped=by_outcome["skipped"],
        proven=sum(result.proven for result in results),
    )


def verdict_of(counts: SuiteCounts, controls: Sequence[Control]) -> Verdict:
    """Fail when a test failed; pass only when every selected test ran, is proven and can go red."""
    if counts.failed:
        return "fail"
    whole = counts.selected == counts.executed == counts.proven and counts.selected > 0
    return "pass" if whole and all(control.verdict == "pass" for control in controls) else "not_proven"


def with_controls(result: SuiteResult, controls: tuple[Control, ...]) -> SuiteResult:
    """The result together with its negative controls, and the verdict that follows from both."""
    verdict = verdict_of(result.counts, controls)
    return result.model_copy(update={"controls": controls, "verdict": verdict})
