"""The fold from a journal to a worklog: pure, and the same for every renderer."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from goldenpath.errors import StateError
from goldenpath.events import (
    CandidateStarted,
    Checked,
    CycleStarted,
    Diagnosed,
    FixFinished,
    FixPlanned,
    Gated,
    LoopEvent,
    LoopFinished,
    LoopStarted,
    Observed,
    Promoted,
    RevisionPrepared,
    RolledBack,
    SuiteFinished,
    TestFinished,
)
from goldenpath.facts import ComponentStatus, Observation, TestResult, Verdict
from goldenpath.worklog.model import Cycle, FixOutcome, JourneyValue, Step, Worklog
from goldenpath.worklog.words import step_of


def fold(events: Sequence[LoopEvent]) -> Worklog:
    """Compute the worklog of a journal; raises StateError when it does not begin with `loop_started`."""
    if not events or not isinstance(events[0], LoopStarted):
        raise StateError("the journal does not begin with loop_started", where="journal")
    first, last = events[0], events[-1]
    finished = last if isinstance(last, LoopFinished) else None
    suites = [e for e in events if isinstance(e, SuiteFinished)]
    tests = _tests(events)
    components = _components(events)
    return Worklog(
        loop_id=first.loop_id,
        system=first.system,
        environment=first.environment,
        target=first.target,
        started=first.at,
        seconds=finished.seconds if finished else (last.at - first.at).total_seconds(),
        verdict=finished.verdict if finished else "not_proven",
        reason=finished.reason if finished else "the loop has not ended",
        revision=finished.revision if finished else "",
        resumed=sum(1 for e in events if isinstance(e, LoopStarted) and e.resumed),
        cycles=_cycles(events, first),
        components=components,
        edges=first.edges,
        counts=suites[-1].counts if suites else None,
        tests=tests,
        controls=suites[-1].controls if suites else (),
        tests_seconds=suites[-1].seconds if suites else 0.0,
        journeys=_journeys(first, events, tests),
        not_proven=_not_proven(events, tests),
        observations=_observations(events),
        events=len(events),
    )


def _observations(events: Iterable[LoopEvent]) -> dict[str, Observation]:
    return {o.id: o for e in events if isinstance(e, Observed) for o in e.observations}


def _tests(events: Sequence[LoopEvent]) -> tuple[TestResult, ...]:
    """Results of the last test run only: an earlier one speaks of another revision."""
    found: dict[str, TestResult] = {}
    for event in events:
        if isinstance(event, CycleStarted):
            found.clear()
        elif isinstance(event, TestFinished):
            found[event.result.id] = event.result
    return tuple(found.values())


def _components(events: Iterable[LoopEvent]) -> tuple[ComponentStatus, ...]:
    latest: dict[str, ComponentStatus] = {}
    for event in events:
        if isinstance(event, Checked):
            latest |= {status.component: status for status in event.components}
    return tuple(latest.values())


def _cycles(events: Sequence[LoopEvent], first: LoopStarted) -> tuple[Cycle, ...]:
    cycles: list[Cycle] = []
    for event in events:
        if isinstance(event, CycleStarted):
            cycles.append(Cycle(number=event.cycle, reason=event.reason))
        elif cycles:
            at_s = (event.at - first.at).total_seconds()
            cycles[-1] = _grown(cycles[-1], event, at_s)
    return tuple(cycles)


def _grown(cycle: Cycle, event: LoopEvent, at_s: float) -> Cycle:
    update = _facts(cycle, event, at_s)
    if step := step_of(event):
        update["steps"] = (
            *cycle.steps,
            Step(at_s=round(at_s, 2), title=step.title, verdict=step.verdict, text=step.text),
        )
        if step.verdict == "fail" and cycle.first_symptom_s is None:
            update["first_symptom_s"] = round(at_s, 2)
    return cycle.model_copy(update=update)


def _facts(cycle: Cycle, event: LoopEvent, at_s: float) -> dict[str, object]:
    match event:
        case RevisionPrepared():
            return {"revision": event.revision, "changes": event.changes}
        case Checked() | Gated():
            return {"findings": (*cycle.findings, *event.findings)}
        case Diagnosed():
            found = event.diagnosis
            return {
                "symptoms": found.symptoms,
                "causes": found.causes,
                "open_rivals": found.open_rivals,
                "missing_evidence": found.missing_evidence,
                "diagnosis_verdict": found.verdict,
                "cause_s": round(at_s, 2) if found.causes else None,
            }
        case FixFinished():
            outcome = FixOutcome(fix=event.fix, result=event.result, statement=event.statement, seconds=event.seconds)
            return {"fixes": (*cycle.fixes, outcome)}
        case (
            LoopStarted()
            | CycleStarted()
            | Observed()
            | CandidateStarted()
            | Promoted()
            | RolledBack()
            | TestFinished()
            | SuiteFinished()
            | FixPlanned()
            | LoopFinished()
        ):
            return {}
        case _:
            assert_never(event)


def _journeys(
    first: LoopStarted, events: Sequence[LoopEvent], tests: tuple[TestResult, ...]
) -> tuple[JourneyValue, ...]:
    failing = {j for s in _last_symptoms(events) for j in s}
    return tuple(_journey(name, value, tests, failing) for name, value in first.journeys.items())


def _last_symptoms(events: Sequence[LoopEvent]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for event in events:
        if isinstance(event, CycleStarted):
            found = []
        elif isinstance(event, Diagnosed):
            found = [s.journeys for s in event.diagnosis.symptoms]
    return found


def _journey(name: str, value: str, tests: tuple[TestResult, ...], failing: set[str]) -> JourneyValue:
    own = [t for t in tests if t.journey == name]
    passed = sum(1 for t in own if t.proven)
    verdict: Verdict = "not_proven"
    if name in failing or any(t.outcome in {"failed", "error"} for t in own):
        verdict = "fail"
    elif own and passed == len(own):
        verdict = "pass"
    text = f"{passed} of {len(own)} tests passed and proven" if own else "no test ran on it"
    return JourneyValue(journey=name, value=value, verdict=verdict, text=text)


def _not_proven(events: Sequence[LoopEvent], tests: tuple[TestResult, ...]) -> tuple[str, ...]:
    """Everything that is neither pass nor fail, said in one place."""
    said: list[str] = []
    for test in tests:
        if test.outcome in {"skipped", "not_run"}:
            said.append(f"{test.title}: {test.outcome.replace('_', ' ')}")
        elif test.outcome == "passed" and not test.proven:
            lacking = ", ".join(p.kind for p in test.proofs if p.verdict != "pass") or "no proof"
            said.append(f"{test.title}: passed without proof ({lacking})")
    for event in events:
        if isinstance(event, Diagnosed) and event.diagnosis.verdict == "not_proven":
            said += event.diagnosis.missing_evidence
    return tuple(dict.fromkeys(said))
