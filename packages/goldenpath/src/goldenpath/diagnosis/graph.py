"""The dependency graph: what breaks what. An arc runs from a state to what it can bring about.

Nodes are components, their ports `port:NAME`, edges `a->b`, variables `env:NAME`, `schema`, `resolver`, journeys, tests
and laws of the data by their subjects, and what the health door says: `health:NAME` and `health`.
"""

from collections.abc import Iterable, Iterator

import networkx as nx

from goldenpath.diagnosis.evidence import Evidence, edge_name, text_field, variables_of
from goldenpath.manifest.fill import references_of
from goldenpath.manifest.model import System

Arc = tuple[str, str]
RESOLVER = "resolver"
"""What turns names into addresses, for every edge alike."""
CODE, MIGRATIONS = "code", "migrations"
"""What a revision carries: the text of its program, and the changes of the schema that come with it."""
READING_SCHEMA = "schema:read"
"""That the migrations can be read at all."""
PUBLIC = "public"
"""The way of people to the doors, through whatever stands before the system."""
SCHEMA_KINDS = frozenset({"postgres", "clickhouse"})
"""Kinds of component that have a schema."""


class EffectGraph:
    """Which state can bring about which, for one system and what was observed of it."""

    def __init__(self, evidence: Evidence) -> None:
        """Build it from the manifest and from what failed to start or broke the env contract."""
        self._graph: nx.DiGraph[str] = nx.DiGraph()
        self._graph.add_edges_from(_arcs(evidence))  # pyright: ignore[reportUnknownMemberType]
        self._reach: dict[frozenset[str], frozenset[str]] = {}

    def reach(self, nodes: Iterable[str]) -> frozenset[str]:
        """These nodes and everything that they can bring about."""
        start = frozenset(nodes)
        if start not in self._reach:
            known = [n for n in start if n in self._graph]
            found = (set(nx.descendants(self._graph, n)) for n in known)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
            self._reach[start] = start.union(*found)
        return self._reach[start]

    def brings_about(self, nodes: Iterable[str], place: str, names: str = "") -> bool:
        """Whether these can bring a state at `place` about, and through the component that it names, if any."""
        found = self.reach(nodes)
        return place in found and (not names or health_node(names) in found)

    def path(self, nodes: Iterable[str], goal: str) -> tuple[str, ...]:
        """The shortest way from one of these nodes to the goal; empty when there is none."""
        found = [p for n in sorted(nodes) if (p := self._shortest(n, goal))]
        return min(found, key=len) if found else ()

    def _shortest(self, node: str, goal: str) -> tuple[str, ...]:
        if node == goal:
            return (node,)
        if goal not in self.reach([node]):
            return ()
        return tuple(nx.shortest_path(self._graph, node, goal))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def env_node(variable: str) -> str:
    """The node of a variable."""
    return f"env:{variable}"


def port_node(component: str) -> str:
    """The node of the port where a component is configured to listen."""
    return f"port:{component}"


def door_node(component: str) -> str:
    """The node of who is let in at a component's doors."""
    return f"door:{component}"


def health_node(component: str) -> str:
    """The node of what the health door says of a component; of the whole when it is empty."""
    return f"health:{component}" if component else "health"


def _arcs(evidence: Evidence) -> Iterator[Arc]:
    system = evidence.system
    yield from _edges(evidence)
    yield from _variables(evidence)
    yield from _journeys(evidence)
    yield from _invariants(evidence)
    yield from _schema(system)
    yield from _start(evidence)
    yield from _code(system)
    yield system.doors.component, door_node(system.doors.component)
    yield system.doors.component, PUBLIC
    if system.doors.public:
        yield env_node(system.doors.public), PUBLIC
    for component in system.components:
        yield component, health_node(component)
        yield component, port_node(component)
        yield health_node(component), health_node("")


def _edges(evidence: Evidence) -> Iterator[Arc]:
    for edge in evidence.system.edges:
        name = edge_name(edge)
        yield edge.target, name
        yield name, edge.source
        yield name, health_node(edge.target)
        literal = evidence.get(name, "address.literal")
        if literal is None or literal.value is not True:
            yield RESOLVER, name


def _variables(evidence: Evidence) -> Iterator[Arc]:
    violated = {text_field(o, "variable") for o in evidence.named("env.violation")}
    for environment in evidence.system.environments.values():
        made = environment.variables.items()
        yield from ((env_node(source), env_node(name)) for name, text in made for source in references_of(text))
    components = evidence.system.components
    for name, spec in components.items():
        own = variables_of(spec).values()
        yield from ((env_node(v), edge) for v in own for edge in evidence.edges_into(name))
        yield from ((env_node(v), port_node(name)) for v in own)
        if spec.lifetime == "revision":
            yield from ((env_node(v), name) for v in sorted(violated.union(own)))


def _journeys(evidence: Evidence) -> Iterator[Arc]:
    system = evidence.system
    tests = evidence.subjects("test:")
    yield from ((system.doors.component, test) for test in tests)
    for name, journey in system.journeys.items():
        node = f"journey:{name}"
        yield from ((component, node) for component in (*journey.needs, system.doors.component))
        yield from ((node, test) for test in tests)


def _invariants(evidence: Evidence) -> Iterator[Arc]:
    """A law of the data may be broken by every component that writes: those that each revision has."""
    writers = [name for name, spec in evidence.system.components.items() if spec.lifetime == "revision"]
    yield from ((writer, law) for writer in writers for law in evidence.subjects("invariant:"))


def _schema(system: System) -> Iterator[Arc]:
    """Migrations are read through every component that has a schema; what they lack shows at the first."""
    found = [name for name, spec in system.components.items() if spec.kind in SCHEMA_KINDS]
    for name in found:
        yield name, READING_SCHEMA
        yield from ((edge_name(e), READING_SCHEMA) for e in system.edges if e.target == name)
    for name in found[:1]:
        yield name, "schema"
        yield "schema", health_node(name)
        edges = [e for e in system.edges if e.target == name]
        yield from (("schema", e.source) for e in edges)
        yield from ((edge_name(e), "schema") for e in edges)


def _start(evidence: Evidence) -> Iterator[Arc]:
    """A start that failed at one component leaves the revision's others stopped too."""
    failed = {o.subject.split("#")[0] for o in evidence.named("start.failed")}
    others = [c for c, spec in evidence.system.components.items() if spec.lifetime == "revision"]
    yield from ((one, other) for one in sorted(failed) for other in others if other != one)
    waiting = {o.subject.split("#")[0] for o in evidence.named("start.failed") if text_field(o, "phase") == "ready"}
    yield from ((health_node(""), port_node(one)) for one in sorted(waiting))


def _code(system: System) -> Iterator[Arc]:
    """A revision's code brings about whatever its own components do; its migrations change the schema."""
    for name, spec in system.components.items():
        if spec.lifetime == "revision":
            yield CODE, name
            yield MIGRATIONS, name
    yield MIGRATIONS, "schema"
