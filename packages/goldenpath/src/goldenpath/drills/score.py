"""What a drill's worklog says about the loop: pure."""

from collections.abc import Callable, Sequence

from pydantic import JsonValue

from goldenpath.drills.model import Drill, DrillResult, Summary
from goldenpath.facts import Observation
from goldenpath.worklog.model import Worklog

IN_THREE = 3


def score(drill: Drill, log: Worklog, asked: tuple[Observation, ...], *, changed: bool) -> DrillResult:
    """Judge one loop against what its drill expects; `changed` says that the live configuration differs afterwards."""
    named = tuple(f"{c.component}:{c.id}" for c in log.causes)
    expected = f"{drill.expect.component}:{drill.expect.cause}" if drill.expect else ""
    rank = _rank(named, expected)
    decoys = _decoys_refuted(drill, log)
    ask = _ask(asked)
    detected_s = next((c.first_symptom_s for c in log.cycles if c.first_symptom_s is not None), None)
    wrong = _wrong(drill, log, rank=rank, decoys=decoys, ask=ask, changed=changed)
    return DrillResult(
        id=drill.id,
        title=drill.title,
        kind=drill.kind,
        expected=expected,
        named=named,
        rank=rank,
        abstained=not named and detected_s is not None,
        detected_s=detected_s,
        cause_s=_cause_s(log),
        fixed=log.verdict == "pass",
        undone=sum(1 for f in log.fixes if f.result == "undone"),
        decoys_refuted=decoys,
        ask=ask,
        fixes=tuple((f.fix.actions[0].type, f.result) for f in log.fixes),
        passed=not wrong,
        reason=wrong or log.reason,
        loop=log.loop_id,
        seconds=round(log.seconds, 1),
    )


def summarise(results: Sequence[DrillResult]) -> Summary:
    """The totals of a scoreboard."""
    faults = [r for r in results if r.kind == "fault"]
    controls = [r for r in results if r.kind == "control"]
    times = [r.cause_s for r in faults if r.cause_s is not None]
    return Summary(
        drills=len(results),
        passed=_count(results, lambda r: r.passed),
        faults=len(faults),
        right_first=_count(faults, lambda r: r.rank == 1),
        right_in_three=_count(faults, lambda r: r.rank is not None and r.rank <= IN_THREE),
        abstained=_count(faults, lambda r: r.abstained),
        wrong=_count(faults, lambda r: bool(r.named) and r.rank is None),
        controls=len(controls),
        false_alarms=_count(controls, lambda r: bool(r.named)),
        fixed=_count(faults, lambda r: r.fixed),
        undone=sum(r.undone for r in results),
        chance=_chance(faults),
        cause_s_max=max(times, default=None),
    )


def _count(results: Sequence[DrillResult], holds: Callable[[DrillResult], bool]) -> int:
    return sum(map(holds, results))


def _chance(faults: Sequence[DrillResult]) -> float:
    return round(1 / max(1, len({r.expected for r in faults})), 3)


def _rank(named: tuple[str, ...], expected: str) -> int | None:
    return named.index(expected) + 1 if expected in named else None


def _wrong(  # noqa: PLR0913 - one sentence for each way to be wrong
    drill: Drill, log: Worklog, *, rank: int | None, decoys: bool, ask: JsonValue, changed: bool
) -> str:
    if drill.expect is None:
        if log.causes or log.fixes:
            return "a cause was named although nothing was wrong"
        return "the configuration changed although nothing was wrong" if changed else _not_green(log)
    if rank != 1:
        return "the expected cause was not named first"
    if len(log.causes) > 1:
        return f"more than one cause was named: {', '.join(c.id for c in log.causes)}"
    if not decoys:
        return "a decoy is not refuted in the chain"
    if isinstance(ask, dict) and not ask.get("lawful"):
        return "the question asked during the fault was not answered lawfully"
    return _not_green(log)


def _not_green(log: Worklog) -> str:
    return "" if log.verdict == "pass" else f"the loop did not end green: {log.reason}"


def _decoys_refuted(drill: Drill, log: Worklog) -> bool:
    if drill.expect is None:
        return True
    refuted = {rival.cause for cause in log.causes for link in cause.chain for rival in link.rivals if rival.refuted_by}
    return set(drill.expect.refuted) <= refuted


def _cause_s(log: Worklog) -> float | None:
    for cycle in log.cycles:
        if cycle.cause_s is not None and cycle.first_symptom_s is not None:
            return round(cycle.cause_s - cycle.first_symptom_s, 2)
    return None


def _ask(asked: tuple[Observation, ...]) -> JsonValue:
    if not asked:
        return None
    value = {o.name: o.value for o in asked}
    terminal = value.get("run.terminal")
    kind = terminal.get("type") if isinstance(terminal, dict) else None
    lawful = kind is not None and not value.get("run.breaches") and not value.get("run.missing")
    return {"terminal": kind, "lawful": lawful, "seconds": value.get("run.seconds")}
