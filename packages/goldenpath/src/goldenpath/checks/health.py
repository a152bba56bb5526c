"""What the system says of itself; pure. A door that says healthy while a dependency fails is a finding of its own."""

from collections.abc import Sequence

from pydantic import JsonValue

from goldenpath.checks.names import component_named
from goldenpath.checks.seen import Seen
from goldenpath.facts import Finding, Observation, Verdict
from goldenpath.manifest.model import System

CHECK = "health"
HEALTHY = frozenset({"healthy", "ok", "up", "pass"})
DEGRADED = frozenset({"degraded", "warn", "warning"})
FINE = HEALTHY | {"not_configured", "disabled"}
"""What a dependency's status may be."""


def check_health(system: System, observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """One finding for the overall status, one for readiness, and one for each dependency that is not well."""
    seen = Seen(observations)
    subject = system.doors.component
    status, ready = seen.get(subject, "health.status"), seen.get(subject, "health.ready")
    found = [_overall(subject, status)]
    if ready is not None:
        verdict: Verdict = "pass" if ready.value is True else "fail"
        found.append(_finding(subject, verdict, f"ready: {ready.text}", ready))
    sick = [o for o in seen.named(subject, "health.dependency") if _text(o.value, "status") not in FINE]
    return (*found, *(_dependency(system, subject, o) for o in sick))


def _overall(subject: str, status: Observation | None) -> Finding:
    if status is None:
        return Finding(check=CHECK, subject=subject, verdict="not_proven", statement="health was not asked")
    word = str(status.value)
    # Degraded is the system's own word for "an optional part is missing": what is missing has a finding of its own.
    verdict: Verdict = "pass" if word in HEALTHY | DEGRADED else "fail"
    return _finding(subject, verdict, f"says {word}", status)


def _dependency(system: System, subject: str, seen: Observation) -> Finding:
    name = _text(seen.value, "name")
    component = system.components.get(component_named(system, name))
    statement = f"says of {name}: {_text(seen.value, 'status')} {_text(seen.value, 'error')}".strip()
    required = component.required if component is not None else True
    return _finding(subject, "fail", statement, seen, required=required)


def _finding(subject: str, verdict: Verdict, statement: str, seen: Observation, *, required: bool = True) -> Finding:
    return Finding(
        check=CHECK, subject=subject, verdict=verdict, statement=statement, observations=(seen.id,), required=required
    )


def _text(value: JsonValue, name: str) -> str:
    return str(value.get(name, "")) if isinstance(value, dict) else ""
