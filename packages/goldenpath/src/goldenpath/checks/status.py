"""How each component is: the fold of its edges, its processes and what the system says of it; pure."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from goldenpath.checks.health import DEGRADED, FINE, HEALTHY
from goldenpath.checks.names import component_named
from goldenpath.checks.seen import Seen
from goldenpath.facts import ComponentStatus, Observation
from goldenpath.manifest.model import System
from goldenpath.probes.phase import PHASES

Status = Literal["healthy", "degraded", "unhealthy", "unknown"]
_WORST_FIRST: tuple[Status, ...] = ("unhealthy", "degraded", "healthy")
Evidence = tuple[Status, str]


def components(system: System, observations: Sequence[Observation]) -> tuple[ComponentStatus, ...]:
    """The status of every component; `ms` has the slowest measurement of each phase over the edges to it."""
    seen = Seen(observations)
    return tuple(_component(system, seen, name) for name in system.components)


def _component(system: System, seen: Seen, name: str) -> ComponentStatus:
    evidence = [*_processes(seen, name), *_edges(system, seen, name), *_told(system, seen, name)]
    status = _worst(evidence)
    pid = next((seen.value(s, "process.pid") for s in _subjects(seen, name)), None)
    running = seen.value(name, "version.revision")
    return ComponentStatus(
        component=name,
        status=status,
        revision=str(running) if running else "",
        pid=pid if isinstance(pid, int) else None,
        ms=_times(system, seen, name),
        text="; ".join(dict.fromkeys(text for found, text in evidence if text and found == status)),
    )


def _worst(evidence: list[Evidence]) -> Status:
    said = {status for status, _ in evidence}
    for status in _WORST_FIRST:
        if status in said:
            return status
    return "unknown"


def _subjects(seen: Seen, name: str) -> list[str]:
    return [s for s in seen.subjects("process") if s == name or s.startswith(f"{name}#")]


def _processes(seen: Seen, name: str) -> list[Evidence]:
    found: list[Evidence] = []
    for subject in _subjects(seen, name):
        state = str(seen.value(subject, "process.state"))
        if state == "starting":
            found.append(("degraded", "still starting"))
        elif state != "running":
            found.append(("unhealthy", f"process {state}"))
        elif seen.value(subject, "process.listening") is False:
            found.append(("unhealthy", "nothing listens on its port"))
        else:
            found.append(("healthy", ""))
    return found


class _Way(NamedTuple):
    """What was seen of one edge."""

    subject: str
    failure: Observation | None
    reached: bool
    slow: bool


def _edges(system: System, seen: Seen, name: str) -> list[Evidence]:
    """An edge that fails speaks for its target when every edge does; else something is between the two."""
    ways = [_way(seen, f"{edge.source}->{edge.target}") for edge in system.edges if edge.target == name]
    reached = [way for way in ways if way.reached]
    bad: Status = "degraded" if reached else "unhealthy"
    failed: list[Evidence] = [(bad, _failure(way.subject, way.failure)) for way in ways if way.failure]
    slow: list[Evidence] = [("degraded", f"{way.subject} exceeds its budget") for way in reached if way.slow]
    fine: list[Evidence] = [("healthy", "")] * len(reached)
    return failed + slow + fine


def _way(seen: Seen, subject: str) -> _Way:
    phases = [o for o in seen.of(subject) if o.name.partition(".")[0] in PHASES]
    failure = next((o for o in reversed(phases) if o.name.endswith(".error")), None)
    over = seen.named(subject, "budget.exceeded")
    return _Way(subject, failure, reached=bool(phases) and failure is None, slow=bool(over))


def _failure(subject: str, failure: Observation) -> str:
    return f"{subject}: {failure.name.partition('.')[0]} {failure.value}"


def _told(system: System, seen: Seen, name: str) -> list[Evidence]:
    door = system.doors.component
    if name == door:
        status = seen.get(door, "health.status")
        return [] if status is None else [_word(str(status.value))]
    found: list[Evidence] = []
    for told in seen.named(door, "health.dependency"):
        value = told.value if isinstance(told.value, dict) else {}
        if component_named(system, str(value.get("name"))) == name:
            fine = str(value.get("status")) in FINE
            found.append(
                ("healthy", "") if fine else ("degraded", f"{door} says {value.get('status')}: {value.get('error')}")
            )
    return found


def _word(status: str) -> Evidence:
    if status in HEALTHY:
        return "healthy", ""
    return ("degraded", "says degraded") if status in DEGRADED else ("unhealthy", f"health: {status}")


def _times(system: System, seen: Seen, name: str) -> dict[str, float]:
    measured: dict[str, float] = {}
    for edge in system.edges:
        for o in seen.of(f"{edge.source}->{edge.target}") if edge.target == name else ():
            phase, _, kind = o.name.partition(".")
            if kind == "ms" and phase in PHASES and isinstance(o.value, int | float):
                measured[phase] = max(measured.get(phase, 0.0), float(o.value))
    if name == system.doors.component:
        told = seen.value(name, "health.ms")
        measured |= {"health": float(told)} if isinstance(told, int | float) else {}
    return measured
