"""Every declared edge against what its probe saw, and against its budgets; pure."""

from collections.abc import Sequence

from pydantic import JsonValue

from goldenpath.checks.seen import Seen
from goldenpath.facts import Finding, Observation, Verdict
from goldenpath.manifest.model import Edge, Kind, System
from goldenpath.probes.phase import PHASES, PhaseName
from goldenpath.probes.signatures import meaning

CHECK = "edge"
BUDGET = "budget"
_LAST: dict[Kind, PhaseName] = {"web": "first_byte", "worker": "first_byte", "tcp": "tcp"}
"""The phase that a whole probe ends with, where it is not the query."""


def check_edges(system: System, observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """A finding for each edge, and one for each budget that is exceeded."""
    seen = Seen(observations)
    return tuple(finding for edge in system.edges for finding in _edge(system, edge, seen))


def _edge(system: System, edge: Edge, seen: Seen) -> list[Finding]:
    subject = f"{edge.source}->{edge.target}"
    component = system.components[edge.target]
    phases = [o for o in seen.of(subject) if o.name.partition(".")[0] in PHASES and not o.name.endswith(".stripped")]
    verdict, statement = _judged(phases, _LAST.get(component.kind, "query"))
    found = [
        Finding(
            check=CHECK,
            subject=subject,
            verdict=verdict,
            statement=statement,
            observations=tuple(o.id for o in phases),
            required=component.required,
        )
    ]
    return found + [_over(o, required=component.required) for o in seen.named(subject, "budget.exceeded")]


def _judged(phases: list[Observation], last: PhaseName) -> tuple[Verdict, str]:
    failed = next((o for o in phases if o.name.endswith(".error")), None)
    if failed is not None:
        phase = _phase(failed)
        return "fail", f"{phase} {failed.value}: {meaning(phase, str(failed.value))}"
    if not phases:
        return "not_proven", "not probed"
    if _phase(phases[-1]) != last:
        return "not_proven", f"the probe got no further than {_phase(phases[-1])}"
    return "pass", ", ".join(f"{_phase(o)} {o.value} ms" for o in phases)


def _over(seen: Observation, *, required: bool) -> Finding:
    value: dict[str, JsonValue] = seen.value if isinstance(seen.value, dict) else {}
    remark = f" ({seen.text})" if seen.text else ""
    statement = f"{value.get('phase')} took {value.get('ms')} ms of {value.get('budget_ms')} ms allowed{remark}"
    return Finding(
        check=BUDGET,
        subject=seen.subject,
        verdict="fail",
        statement=statement,
        observations=(seen.id,),
        required=required,
    )


def _phase(observation: Observation) -> PhaseName:
    name = observation.name.partition(".")[0]
    return next(phase for phase in PHASES if phase == name)
