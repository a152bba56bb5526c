"""Predictions about who is let in at the doors."""

from collections.abc import Callable

from goldenpath.diagnosis.doors import holds, said
from goldenpath.diagnosis.evidence import Evidence, text_field
from goldenpath.diagnosis.graph import door_node
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, any_seen, seen
from goldenpath.diagnosis.rule import Read, Reading, Site
from goldenpath.facts import Observation

Names = Callable[[Evidence], tuple[str, ...]]


def wrong(name: str) -> Read:
    """The door answers otherwise than it must; against if it answers as it must."""

    def read(evidence: Evidence, site: Site) -> Reading:
        found = evidence.all(door_node(site.component), name)
        broken = [o for o in found if not holds(o)]
        if broken:
            return seen(broken, said(broken[0]))
        return against(found, said(found[0])) if found else UNKNOWN

    return read


def right(name: str) -> Read:
    """The door answers as it must."""

    def read(evidence: Evidence, site: Site) -> Reading:
        found = evidence.all(door_node(site.component), name)
        if not found:
            return UNKNOWN
        return any_seen(seen([o], said(o)) if holds(o) else against([o], said(o)) for o in found)

    return read


def changed(names: Names) -> Read:
    """One of these variables differs from the last good revision."""

    def read(evidence: Evidence, site: Site) -> Reading:
        del site
        found = changes(evidence, names(evidence))
        if found:
            words = ", ".join(f"{text_field(o, 'variable')} was {text_field(o, 'change')}" for o in found)
            return seen(found, f"against the last good revision {words}")
        same, other = evidence.get("revision", "env.unchanged"), evidence.all("revision", "env.changed")
        if same:
            return against([same], "no variable differs from the last good revision")
        return against(other, "only other variables differ from the last good revision") if other else UNKNOWN

    return read


def changes(evidence: Evidence, names: tuple[str, ...]) -> tuple[Observation, ...]:
    """Changes of these variables."""
    return tuple(o for o in evidence.all("revision", "env.changed") if text_field(o, "variable") in names)


def token_variables(evidence: Evidence) -> tuple[str, ...]:
    """What decides whether a token is accepted."""
    return evidence.system.access.variables if evidence.system.access else ()


def origin_variables(evidence: Evidence) -> tuple[str, ...]:
    """Where the origins are listed whose pages may call."""
    access = evidence.system.access
    return (access.origins_variable,) if access and access.origins_variable else ()


def environment_variables(evidence: Evidence) -> tuple[str, ...]:
    """What says which environment it is."""
    return (evidence.system.contract.environment_variable,)
