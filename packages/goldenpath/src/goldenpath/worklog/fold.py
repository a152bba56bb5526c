"""The fold from a journal to a worklog: pure, and the same for every renderer."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, assert_never

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
    Proposed,
    RevisionPrepared,
    RolledBack,
    Searched,
    SuiteFinished,
    TestFinished,
    Tried,
    Watched,
)
from goldenpath.facts import ComponentStatus, Control, Observation, SuiteCounts, TestResult, Verdict
from goldenpath.worklog.model import Cycle, FixOutcome, JourneyValue, Proposal, Step, Worklog
from goldenpath.worklog.unproven import last_cycle, unproven
from goldenpath.worklog.words import step_of


class _Ending(NamedTuple):
    """How a loop ended, or that it has not."""

    seconds: float
    verdict: Verdict = "not_proven"
    reason: str = "the loop has not ended"
    revision: str = ""


class _Suite(NamedTuple):
    """The bookkeeping of the last cycle's test run, if there was one."""

    counts: SuiteCounts | None = None
    controls: tuple[Control, ...] = ()
    seconds: float = 0.0


def fold(events: Sequence[LoopEvent]) -> Worklog:
    """Compute the worklog of a journal; raises StateError when it does not begin with `loop_started`."""
    if not events or not isinstance(events[0], LoopStarted):
        raise StateError("the journal does not begin with loop_started", where="journal")
    first = events[0]
    ending, suite, tests = _ending(first, events[-1]), _suite(events), _tests(events)
    return Worklog(
        loop_id=first.loop_id,
        system=first.system,
        environment=first.environment,
        target=first.target,
        started=first.at,
        seconds=ending.seconds,
        verdict=ending.verdict,
        reason=ending.reason,
        revision=ending.revision,
        resumed=_resumed(events),
        cycles=_cycles(events, first),
        components=_components(events),
        edges=first.edges,
        counts=suite.counts,
        tests=tests,
        controls=suite.controls,
        tests_seconds=suite.seconds,
        journeys=_journeys(first, events, tests),
        not_proven=unproven(events),
        observations=_observations(events),
        events=len(events),
    )


def _ending(first: LoopStarted, last: LoopEvent) -> _Ending:
    if isinstance(last, LoopFinished):
        return _Ending(last.seconds, last.verdict, last.reason, last.revision)
    return _Ending((last.at - first.at).total_seconds())


def _suite(events: Sequence[LoopEvent]) -> _Suite:
    found = next((e for e in reversed(last_cycle(events)) if isinstance(e, SuiteFinished)), None)
    return _Suite(found.counts, found.controls, found.seconds) if found else _Suite()


def _resumed(events: Iterable[LoopEvent]) -> int:
    return sum(1 for e in events if isinstance(e, LoopStarted) and e.resumed)


def _observations(events: Iterable[LoopEvent]) -> dict[str, Observation]:
    return {o.id: o for e in events if isinstance(e, Observed) for o in e.observations}


def _tests(events: Sequence[LoopEvent]) -> tuple[TestResult, ...]:
    return tuple({e.result.id: e.result for e in last_cycle(events) if isinstance(e, TestFinished)}.values())


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
        case Checked() | Gated() | Watched():
            return {"findings": (*cycle.findings, *event.findings)}
        case Diagnosed():
            found = event.diagnosis
            return {
                "symptoms": found.symptoms,
                "causes": found.causes,
                "open_rivals": found.open_rivals,
                "missing_evidence": found.missing_evidence,
                "diagnosis_verdict": found.verdict,
                "cause_s": (cycle.cause_s or round(at_s, 2)) if found.causes else None,
            }
        case Proposed():
            return {"proposals": (*cycle.proposals, _proposal(event))}
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
            | Tried()
            | Searched()
            | FixPlanned()
            | LoopFinished()
        ):
            return {}
        case _:
            assert_never(event)


def _proposal(event: Proposed) -> Proposal:
    return Proposal(
        kind=event.kind,
        verdict=event.verdict,
        statement=event.statement,
        path=event.path,
        command=event.command,
        text=event.text,
    )


def _journeys(
    first: LoopStarted, events: Sequence[LoopEvent], tests: tuple[TestResult, ...]
) -> tuple[JourneyValue, ...]:
    failing = {j for s in _last_symptoms(events) for j in s}
    return tuple(_journey(name, value, tests, failing) for name, value in first.journeys.items())


def _last_symptoms(events: Sequence[LoopEvent]) -> list[tuple[str, ...]]:
    diagnosed = [e for e in last_cycle(events) if isinstance(e, Diagnosed)]
    return [s.journeys for e in diagnosed[-1:] for s in e.diagnosis.symptoms]


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
