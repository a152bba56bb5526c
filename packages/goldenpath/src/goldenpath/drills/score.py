"""What a drill's worklog says about the loop: pure."""

from collections.abc import Callable, Sequence
from statistics import median

from pydantic import JsonValue

from goldenpath.drills.model import Drill, DrillResult, Summary
from goldenpath.facts import Cause, Observation
from goldenpath.worklog.model import Worklog

IN_THREE = 3
BREACHES = ("run.breaches", "run.missing", "request.unmet")


def not_run(drill: Drill, why: str) -> DrillResult:
    """A drill that this machine cannot run."""
    return unproven(drill, f"not run: {why}").model_copy(update={"not_run": why})


def not_injected(drill: Drill, why: str) -> DrillResult:
    """A drill whose fault could not be brought about."""
    return unproven(drill, f"the fault could not be brought about: {why}")


def unproven(drill: Drill, reason: str) -> DrillResult:
    """A drill of which nothing was shown."""
    return DrillResult(
        id=drill.id,
        group=drill.group,
        title=drill.title,
        kind=drill.kind,
        expected=expected(drill),
        passed=False,
        reason=reason,
    )


def score(drill: Drill, log: Worklog, asked: tuple[Observation, ...], *, changed: bool) -> DrillResult:
    """Judge one loop against what its drill expects; `changed` says that the live configuration differs afterwards."""
    named = tuple(f"{c.component}:{c.id}" for c in log.causes)
    detected_s = next((c.first_symptom_s for c in log.cycles if c.first_symptom_s is not None), None)
    result = DrillResult(
        id=drill.id,
        group=drill.group,
        title=drill.title,
        kind=drill.kind,
        expected=expected(drill),
        repairable=drill.expect is not None and drill.expect.repaired,
        named=named,
        rank=named.index(expected(drill)) + 1 if expected(drill) in named else None,
        abstained=not named and detected_s is not None,
        naive=blamed(log),
        detected_s=detected_s,
        cause_s=_cause_s(log),
        fixed=log.verdict == "pass",
        undone=sum(1 for f in log.fixes if f.result == "undone"),
        decoys_refuted=_decoys_refuted(drill, log.causes),
        ask=_ask(asked),
        fixes=tuple((f.fix.actions[0].type, f.result) for f in log.fixes),
        passed=False,
        reason=log.reason,
        loop=log.loop_id,
        seconds=round(log.seconds, 1),
    )
    wrong = _wrong(drill, log, result, changed=changed)
    return result.model_copy(update={"passed": not wrong, "reason": wrong or log.reason})


def summarise(results: Sequence[DrillResult]) -> Summary:
    """The totals of a scoreboard."""
    run = [r for r in results if not r.not_run]
    faults = [r for r in run if r.kind == "fault"]
    controls = [r for r in run if r.kind == "control"]
    repairable = [r for r in faults if r.repairable]
    times = [r.cause_s for r in faults if r.cause_s is not None]
    return Summary(
        drills=len(run),
        not_run=len(results) - len(run),
        passed=_count(run, lambda r: r.passed),
        faults=len(faults),
        right_first=_count(faults, lambda r: r.rank == 1),
        right_in_three=_count(faults, lambda r: r.rank is not None and r.rank <= IN_THREE),
        abstained=_count(faults, lambda r: r.abstained),
        wrong=_count(faults, lambda r: bool(r.named) and r.rank is None),
        controls=len(controls),
        false_alarms=_count(controls, lambda r: bool(r.named)),
        repairable=len(repairable),
        fixed=_count(repairable, lambda r: r.fixed),
        undone=sum(r.undone for r in run),
        chance=_chance(faults),
        naive=_count(faults, lambda r: r.naive == r.expected.split(":")[0]),
        detected_s=_median([r.detected_s for r in faults if r.detected_s is not None]),
        cause_s=_median(times),
        cause_s_max=max(times, default=None),
    )


def blamed(log: Worklog) -> str:
    """The first component that fails, as a finding or a step names it; empty when nothing fails."""
    known = {name for edge in log.edges for name in edge}
    for cycle in log.cycles:
        failing = [f.subject.split("->")[-1] for f in cycle.findings if f.verdict == "fail" and f.required]
        words = [word for step in cycle.steps if step.verdict == "fail" for word in step.text.split()]
        found = next((name for name in (*failing, *words) if name in known), "")
        if found:
            return found
    return ""


def expected(drill: Drill) -> str:
    """The cause that a drill expects, as `component:cause`; empty for a control."""
    return f"{drill.expect.component}:{drill.expect.cause}" if drill.expect else ""


def _count(results: Sequence[DrillResult], holds: Callable[[DrillResult], bool]) -> int:
    return sum(map(holds, results))


def _median(values: Sequence[float]) -> float | None:
    return round(median(values), 2) if values else None


def _chance(faults: Sequence[DrillResult]) -> float:
    return round(1 / max(1, len({r.expected for r in faults})), 3)


def _wrong(drill: Drill, log: Worklog, result: DrillResult, *, changed: bool) -> str:
    """The first way in which the loop was wrong, as one sentence; empty when it was right."""
    if drill.expect is None:
        return _alarm(drill, log, changed=changed)
    if wrong := misnamed(drill, log.causes):
        return wrong
    if isinstance(result.ask, dict) and not result.ask.get("lawful"):
        return "the question asked during the fault was not answered lawfully"
    if drill.expect.repaired:
        return _not_green(log)
    if log.verdict == "pass":
        return "the loop ended green although this fault is beyond its hands"
    return "the configuration changed although this fault is beyond the loop's hands" if changed else ""


def misnamed(drill: Drill, causes: Sequence[Cause]) -> str:
    """The first way in which these are not the causes of a fault, as one sentence; empty when they are."""
    named, also = [f"{c.component}:{c.id}" for c in causes], drill.expect.also if drill.expect else ()
    if named[:1] != [expected(drill)]:
        return "the expected cause was not named first"
    if extra := [name for name in named[1:] if name not in also]:
        return f"more than the true causes were named: {', '.join(extra)}"
    if unnamed := [name for name in also if name not in named]:
        return f"not every cause was named: {', '.join(unnamed)}"
    if not _decoys_refuted(drill, causes):
        return "a decoy is not refuted in the chain"
    blamed, wanted = causes[0].detail.get("blamed"), list(drill.expect.blamed) if drill.expect else []
    return f"the change of code was not found, blamed is {blamed}" if wanted and blamed != wanted else ""


def _alarm(drill: Drill, log: Worklog, *, changed: bool) -> str:
    if log.causes or log.fixes:
        return "a cause was named although nothing was wrong"
    if changed:
        return "the configuration changed although nothing was wrong"
    if drill.says not in log.reason:
        return f"the loop does not say {drill.says!r}: {log.reason}"
    return "" if log.verdict == drill.ends else f"the loop did not end with {drill.ends}: {log.reason}"


def _not_green(log: Worklog) -> str:
    return "" if log.verdict == "pass" else f"the loop did not end green: {log.reason}"


def _decoys_refuted(drill: Drill, causes: Sequence[Cause]) -> bool:
    if drill.expect is None:
        return True
    refuted = {rival.cause for cause in causes for link in cause.chain for rival in link.rivals if rival.refuted_by}
    return set(drill.expect.refuted) <= refuted


def _cause_s(log: Worklog) -> float | None:
    for cycle in log.cycles:
        if cycle.cause_s is not None and cycle.first_symptom_s is not None:
            return round(cycle.cause_s - cycle.first_symptom_s, 2)
    return None


def _ask(asked: tuple[Observation, ...]) -> JsonValue:
    """How the questions ended that were accepted; lawful when each had an end and broke no law."""
    if not asked:
        return None
    said = {name: [o.value for o in asked if o.name == name and o.value] for name in {o.name for o in asked}}
    accepted, ends = len(said.get("run.accepted", [])), said.get("run.terminal", [])
    kinds = sorted({str(end.get("type")) for end in ends if isinstance(end, dict)})
    seconds = [value for value in said.get("run.seconds", []) if isinstance(value, float)]
    lawful = len(ends) >= accepted and not any(said.get(name) for name in BREACHES)
    return {
        "accepted": accepted,
        "terminal": ", ".join(kinds) or None,
        "lawful": lawful,
        "seconds": max(seconds, default=None),
    }
