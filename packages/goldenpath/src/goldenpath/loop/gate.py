"""The gate: what a candidate must show before it may have traffic. Pure over observations."""

from collections.abc import Sequence

from pydantic import JsonValue

from goldenpath.facts import Finding, Observation, Verdict
from goldenpath.manifest.journeys import Journey
from goldenpath.manifest.model import System

FIRST_REFUSAL = 400
"""The first HTTP status that is a refusal; 101 and 2xx are not."""
DOORS = ("login", "socket")
"""In the order in which a journey goes through them."""


def judge_journeys(system: System, observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """One finding for each synthetic journey: pass only for a lawful run with every expected event."""
    return tuple(
        _journey(name, journey, [o for o in observations if o.subject == f"journey:{name}"])
        for name, journey in system.journeys.items()
        if journey.is_synthetic
    )


def judge_invariants(system: System, observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """One finding for each invariant: not proven when its reader could not read."""
    latest = {_field(o.value, "name"): o for o in observations if o.name == "invariant.breaches"}
    return tuple(_invariant(law.name, law.statement, latest.get(law.name)) for law in system.invariants)


def worst(findings: Sequence[Finding]) -> Verdict:
    """The verdict over required findings: one fail fails, else one gap leaves it not proven."""
    verdicts = {f.verdict for f in findings if f.required}
    if "fail" in verdicts:
        return "fail"
    return "not_proven" if "not_proven" in verdicts or not verdicts else "pass"


def _journey(name: str, journey: Journey, seen: list[Observation]) -> Finding:
    ids = tuple(o.id for o in seen)
    value = {o.name: o.value for o in seen}
    verdict, statement = _judged_steps(value) if journey.requests else ("pass", "")
    if verdict == "pass" and journey.conversation:
        laws = journey.conversation
        verdict, statement = _judged(value, {str(frame.get(laws.type_field)) for frame in laws.failure})
    subject = f"journey:{name}"
    return Finding(check="synthetic_run", subject=subject, verdict=verdict, statement=statement, observations=ids)


def _judged_steps(value: dict[str, JsonValue]) -> tuple[Verdict, str]:
    if closed := _closed_door(value):
        return "fail", closed
    if unmet := value.get("request.unmet"):
        return "fail", f"{_field(unmet, 'request')}: {_field(unmet, 'message')}"
    done = value.get("requests.done")
    if done is None:
        return "not_proven", "the synthetic run was not made"
    return "pass", f"{_field(done, 'done')} requests answered as they must be, in {_field(done, 'ms')} ms"


def _judged(value: dict[str, JsonValue], failures: set[str]) -> tuple[Verdict, str]:
    if not value:
        return "not_proven", "the synthetic run was not made"
    if closed := _closed_door(value):
        return "fail", closed
    terminal = value.get("run.terminal")
    if terminal is None:
        return "fail", f"no answer within the deadline; seen: {_listed(value.get('run.types')) or 'no event'}"
    if _field(terminal, "type") in failures:
        return "fail", f"the run ended with {_field(terminal, 'type')}: {_field(terminal, 'reason')}"
    if breaches := value.get("run.breaches"):
        return "fail", f"the event log breaks its laws: {_listed(breaches)}"
    if missing := value.get("run.missing"):
        return "fail", f"expected events did not occur: {_listed(missing)}"
    return (
        "pass",
        f"a lawful run in {value.get('run.seconds')} s, first event after {value.get('run.first_event_ms')} ms",
    )


def _closed_door(value: dict[str, JsonValue]) -> str:
    """Which door did not open, and why; empty when the run was asked for."""
    for door in DOORS:
        if f"{door}.error" in value:
            return f"{door}: {value[f'{door}.error']}"
    for door in DOORS:
        status = value.get(f"{door}.status")
        if isinstance(status, int) and status >= FIRST_REFUSAL:
            return f"{door} was refused with HTTP {status}"
    return ""


def _invariant(name: str, statement: str, seen: Observation | None) -> Finding:
    if seen is None:
        verdict: Verdict = "not_proven"
        return Finding(check="invariant", subject=name, verdict=verdict, statement=f"{statement}: not read")
    count = _field(seen.value, "count")
    verdict = "fail" if count else "pass"
    text = f"{statement}: {count} breaches" if count else statement
    return Finding(check="invariant", subject=name, verdict=verdict, statement=text, observations=(seen.id,))


def _field(value: JsonValue, name: str) -> JsonValue:
    return value.get(name) if isinstance(value, dict) else None


def _listed(value: JsonValue) -> str:
    return ", ".join(str(v) for v in value) if isinstance(value, list) else str(value or "")
