"""The observed dependency graph against the declared one: who is connected to whom without saying so; pure."""

from collections.abc import Iterator, Sequence

from goldenpath.facts import Finding, Observation
from goldenpath.manifest.model import System

CHECK = "dependencies"
OUTSIDE = "elsewhere"


def check_dependencies(system: System, observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """A finding for each connection that no edge declares, else one that all are declared; none of them blocks."""
    held = [o for o in observations if o.name == "connections.to" and isinstance(o.value, dict)]
    undeclared = tuple(_undeclared(system, held))
    if undeclared or not held:
        return undeclared
    statement = f"{len(held)} connected pairs, all of them declared"
    ids = tuple(o.id for o in held)
    return (
        Finding(check=CHECK, subject="system", verdict="pass", statement=statement, observations=ids, required=False),
    )


def _undeclared(system: System, held: Sequence[Observation]) -> Iterator[Finding]:
    declared = {(edge.source, edge.target) for edge in system.edges}
    for o in held:
        value = o.value if isinstance(o.value, dict) else {}
        to = str(value.get("to"))
        if (o.subject, to) in declared:
            continue
        where = str(value.get("address")) if to == OUTSIDE else f"{to} ({value.get('address')})"
        statement = f"{o.subject} holds {value.get('count')} connections to {where}, which no edge declares"
        yield Finding(
            check=CHECK,
            subject=f"{o.subject}->{to}",
            verdict="fail",
            statement=statement,
            observations=(o.id,),
            required=False,
        )
