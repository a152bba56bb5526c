"""What a loop leaves open: everything that is neither pass nor fail, said in one place."""

from collections.abc import Iterator, Sequence

from goldenpath.events import (
    Checked,
    CycleStarted,
    Diagnosed,
    FixFinished,
    FixPlanned,
    Gated,
    LoopEvent,
    LoopFinished,
    SuiteFinished,
    TestFinished,
    Watched,
)
from goldenpath.facts import Fix, SuiteCounts, TestResult
from goldenpath.worklog.words import FIX_VERDICTS, action_words

NOT_APPLIED = {"planned": "planned and not applied", "needs_permission": "not applied without a person's permission"}
"""What became of a fix that changed nothing; any other such result is called by its name."""
MOST_MISSING = 10
"""Measurements that would decide: the most telling come first."""


def unproven(events: Sequence[LoopEvent]) -> tuple[str, ...]:
    """One sentence a gap, each once: in the tests and checks of the last cycle, and in all fixes and diagnoses."""
    last = last_cycle(events)
    said = (*_ending(events), *_suite(last), *_tests(last), *_findings(last), *_fixes(events), *_diagnoses(events))
    return tuple(dict.fromkeys(said))


def last_cycle(events: Sequence[LoopEvent]) -> Sequence[LoopEvent]:
    """An earlier cycle's checks and tests speak of another revision."""
    begun = max((n for n, event in enumerate(events) if isinstance(event, CycleStarted)), default=0)
    return events[begun:]


def _ending(events: Sequence[LoopEvent]) -> Iterator[str]:
    if not isinstance(events[-1], LoopFinished):
        yield "the loop has not ended"


def _suite(last: Sequence[LoopEvent]) -> Iterator[str]:
    suites = [e for e in last if isinstance(e, SuiteFinished)]
    if not suites:
        ran = sum(1 for e in last if isinstance(e, TestFinished))
        yield f"the tests were broken off after {ran}" if ran else "the tests: none ran, so no journey is proven"
        return
    yield from _counts(suites[-1].counts)
    if not suites[-1].controls:
        yield "the tests: not shown to fail against a dead target or an impostor"
    for control in suites[-1].controls:
        if control.verdict == "not_proven":
            yield f"the tests: none ran against the {control.target} target"


def _counts(counts: SuiteCounts) -> Iterator[str]:
    if counts.selected < counts.available:
        yield f"the tests: {counts.available - counts.selected} of {counts.available} were not selected"
    if not counts.executed:
        yield "the tests: none was executed, so no journey is proven"


def _tests(last: Sequence[LoopEvent]) -> Iterator[str]:
    for event in last:
        if isinstance(event, TestFinished):
            yield from _test(event.result)


def _test(test: TestResult) -> Iterator[str]:
    if test.outcome in {"skipped", "not_run"}:
        yield f"{test.title}: {test.outcome.replace('_', ' ')}"
    elif test.outcome == "flaky":
        yield f"{test.title}: flaky, red in {test.red} of {test.runs} runs with nothing changed in between"
    elif test.outcome == "passed" and not test.proven:
        lacking = ", ".join(p.kind for p in test.proofs if p.verdict != "pass") or "no proof"
        yield f"{test.title}: passed without proof ({lacking})"


def _findings(last: Sequence[LoopEvent]) -> Iterator[str]:
    for event in last:
        if isinstance(event, Checked | Gated | Watched):
            yield from (f"{f.subject}: {f.statement}" for f in event.findings if f.verdict == "not_proven")


def _fixes(events: Sequence[LoopEvent]) -> Iterator[str]:
    """What was planned and never judged, and what was not applied at all."""
    latest: dict[str, tuple[Fix, str]] = {}
    for event in events:
        if isinstance(event, FixPlanned):
            latest[event.fix.fingerprint] = (event.fix, "begun and not judged")
        elif isinstance(event, FixFinished):
            is_open = FIX_VERDICTS[event.result] == "not_proven"
            words = NOT_APPLIED.get(event.result, event.result) if is_open else ""
            latest[event.fix.fingerprint] = (event.fix, words)
    for fix, words in latest.values():
        if words:
            actions = "; ".join(action_words(action) for action in fix.actions)
            yield f"the fix ({actions}): {words}; expected of it: {fix.expected}"


def _diagnoses(events: Sequence[LoopEvent]) -> Iterator[str]:
    for event in events:
        if isinstance(event, Diagnosed) and event.diagnosis.verdict == "not_proven":
            missing = event.diagnosis.missing_evidence
            yield from missing[:MOST_MISSING]
            if len(missing) > MOST_MISSING:
                yield f"and {len(missing) - MOST_MISSING} more measurements, in the journal"
