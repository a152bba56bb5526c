"""Where in a system a hypothesis could hold: edges, components, variables, the schema, journeys."""

from collections.abc import Callable, Collection

from pydantic import JsonValue

from goldenpath.diagnosis.evidence import Evidence, edge_name, text_field, variables_of
from goldenpath.diagnosis.graph import RESOLVER, SCHEMA_KINDS, env_node, port_node
from goldenpath.diagnosis.processes import processes_of
from goldenpath.diagnosis.readers.env import HOST_FIELDS, changes, made_of
from goldenpath.diagnosis.rule import Site
from goldenpath.manifest.model import Component

Places = Callable[[Evidence], tuple[Site, ...]]
LLM = frozenset({"llm"})
WORKER = frozenset({"worker"})


def edges(*, only: Collection[str] = (), without: Collection[str] = ()) -> Places:
    """Every edge to a component of these kinds."""

    def places(evidence: Evidence) -> tuple[Site, ...]:
        components = evidence.system.components
        return tuple(
            Site(
                component=e.target, nodes=(edge_name(e),), edges=(edge_name(e),), variable=host_of(components[e.target])
            )
            for e in evidence.system.edges
            if _fits(components[e.target].kind, only, without)
        )

    return places


def components(*, only: Collection[str] = (), without: Collection[str] = ()) -> Places:
    """Every component of these kinds."""

    def places(evidence: Evidence) -> tuple[Site, ...]:
        return tuple(
            Site(component=name, nodes=(name,), edges=evidence.edges_into(name))
            for name, spec in evidence.system.components.items()
            if _fits(spec.kind, only, without)
        )

    return places


def ports(evidence: Evidence) -> tuple[Site, ...]:
    """Every edge, and every component that has an address and no edge to it; language models apart."""
    alone = [
        Site(component=name, nodes=(name, port_node(name)))
        for name, spec in evidence.system.components.items()
        if spec.address and spec.kind not in LLM and not evidence.edges_into(name)
    ]
    reached = [
        site.model_copy(update={"nodes": (*site.nodes, port_node(site.component))})
        for site in edges(without=LLM)(evidence)
    ]
    return (*reached, *alone)


def resolver(evidence: Evidence) -> tuple[Site, ...]:
    """The resolver, as each edge sees it."""
    return tuple(site.model_copy(update={"component": RESOLVER, "nodes": (RESOLVER,)}) for site in edges()(evidence))


def variables(evidence: Evidence) -> tuple[Site, ...]:
    """Every variable that the contract complains of, and those that say where a component is and how to log in."""
    named = {text_field(o, "variable") for o in evidence.all("revision", "env.violation")}
    for spec in evidence.system.components.values():
        named |= {v for f, v in variables_of(spec).items() if f in {*HOST_FIELDS, "password"}}
    return tuple(variable_site(evidence, name) for name in sorted(named - {""}))


def variable_site(evidence: Evidence, variable: str) -> Site:
    """The place of one variable: the components whose address uses it, else the one with the doors."""
    owners = [c for c, spec in evidence.system.components.items() if _is_told_by(evidence, spec, variable)]
    return Site(
        component=owners[0] if owners else evidence.system.doors.component,
        nodes=(env_node(variable),),
        edges=tuple(edge for owner in owners for edge in evidence.edges_into(owner)),
        variable=variable,
    )


def _is_told_by(evidence: Evidence, spec: Component, variable: str) -> bool:
    """Whether the variable, or one that is made of it, says where the component is or how to log in."""
    named = set(variables_of(spec).values())
    return variable in named or any(variable in made_of(evidence, name) for name in named)


def schema(evidence: Evidence) -> tuple[Site, ...]:
    """The schema, at the first component that has one."""
    system = evidence.system
    found = [name for name, spec in system.components.items() if spec.kind in SCHEMA_KINDS]
    return tuple(Site(component=name, nodes=("schema",), edges=evidence.edges_into(name)) for name in found[:1])


def journeys(evidence: Evidence) -> tuple[Site, ...]:
    """Every journey that is run as a synthetic person."""
    door = evidence.system.doors.component
    names = [f"journey:{name}" for name, journey in evidence.system.journeys.items() if journey.is_synthetic]
    return tuple(Site(component=door, nodes=(name,), journeys=(name,)) for name in names)


def door(evidence: Evidence) -> tuple[Site, ...]:
    """The component with the doors."""
    name = evidence.system.doors.component
    return (Site(component=name, nodes=(name,), edges=evidence.edges_into(name)),)


def host_of(component: Component) -> str:
    """The variable that says where the component is; empty when none does."""
    found = variables_of(component)
    return found.get("url") or found.get("host") or ""


def with_changes(*fields: str) -> Callable[[Evidence, Site], dict[str, JsonValue]]:
    """The detail of a cause that a changed variable may explain: which ones changed, and on which edges it shows."""

    def detail(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
        names: list[JsonValue] = [text_field(o, "variable") for o in changes(evidence, site.component, fields)]
        return {"edges": list(site.edges), "variables": names, **({"variable": names[0]} if names else {})}

    return detail


def with_processes(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
    """The detail of a cause that is the state of processes."""
    wrong = [p for p in processes_of(evidence, site.component) if p.state != "running"]
    frozen: list[JsonValue] = [p.pid for p in wrong if p.state == "frozen" and p.pid is not None]
    return {"pids": frozen, "processes": [p.subject for p in wrong]}


def with_nothing(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
    """No detail."""
    del evidence, site
    return {}


def _fits(kind: str, only: Collection[str], without: Collection[str]) -> bool:
    return (not only or kind in only) and kind not in without
