"""The observations of one investigation: the current ones, by subject and name, in an order of their own.

What another revision logged, what an older probe of the same edge said and what carries no revision though it is a log
line is left out: a hint, not evidence.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import takewhile

from pydantic import JsonValue

from goldenpath.facts import Observation, ObservationId
from goldenpath.manifest.model import Component, Edge, System

DISCRIMINATORS = {
    "env.violation": ("variable", "rule"),
    "env.changed": ("variable",),
    "env.value": ("variable",),
    "health.dependency": ("name",),
    "budget.exceeded": ("phase",),
    "startup.failed": ("phase",),
    "start.failed": ("component",),
    "log.errors": ("text",),
    "log.new": ("level", "text"),
    "log.slower": ("text", "field"),
    "metric.changed": ("metric",),
    "host.disk": ("folder",),
    "package.changed": ("name",),
    "connections.to": ("to",),
    "connections.listener": ("port", "address"),
    "server.setting_changed": ("name",),
    "server.schema_changed": ("kind", "name"),
    "log.failure": ("where", "error"),
    "log.crash": ("kind", "file", "line"),
    "code.broken": ("module",),
    "migration.breach": ("name", "rule"),
    "claim.cause": ("statement",),
    "config.reader": ("setting", "reader"),
    "origin.allowed": ("origin",),
    "origin.socket": ("origin",),
    "plan.breach": ("rule", "variable"),
    "plan.remark": ("rule", "variable"),
    "watch.failed": ("path",),
    "watch.requests": ("path",),
    "watch.slower": ("path",),
    "watch.as_fast": ("path",),
    "watch.ended": ("replica",),
    "watch.grown": ("replica",),
    "watch.memory": ("replica",),
    "watch.complaint": ("level", "text"),
}
"""Names that occur once for each value of these fields, not once for each subject."""
KINDS_BY_NAME = {"valkey": "redis", "cache": "redis", "postgresql": "postgres", "database": "postgres"}
"""What else the servers of a kind call themselves."""
ASIDE = (".stripped", ".plain", ".offered")
"""Tried besides, in another way: such a success says nothing of the way that failed."""
SAMPLES = "connect.samples"
"""Repeated connects stay evidence when the same edge is probed once more without repeating."""


class Evidence:
    """An index over the observations of one revision; building it is the only work it does."""

    def __init__(self, system: System, observations: Iterable[Observation]) -> None:
        """Put the observations in order of time, whatever order they came in, and keep the current ones."""
        ordered = sorted(observations, key=lambda o: (o.at, len(o.id), o.id))
        self.system = system
        self.revision = revision_of(ordered)
        self._every = tuple(o for o in ordered if self._counts(o))
        self.hints = tuple(o for o in ordered if o.probe == "log" and not o.revision)
        self.observations = tuple(_current(self._every))
        self._latest: dict[tuple[str, str], dict[str, Observation]] = {}
        for observation in self.observations:
            found = self._latest.setdefault((observation.subject, observation.name), {})
            found[_discriminator(observation)] = observation
        self._named: dict[str, tuple[Observation, ...]] = {}
        for (_, name), latest in sorted(self._latest.items()):
            self._named[name] = (*self._named.get(name, ()), *latest.values())
        self._subjects = sorted({subject for subject, _ in self._latest})
        self._since = {o.id: o.since for o in self.observations if o.since}

    def get(self, subject: str, name: str) -> Observation | None:
        """The newest observation of this name; None when there is none."""
        found = self._latest.get((subject, name))
        return list(found.values())[-1] if found else None

    def all(self, subject: str, name: str) -> tuple[Observation, ...]:
        """The newest observation for each variable, dependency or phase that this name speaks of."""
        return tuple(self._latest.get((subject, name), {}).values())

    def named(self, name: str) -> tuple[Observation, ...]:
        """The same for every subject."""
        return self._named.get(name, ())

    def history(self, name: str) -> tuple[Observation, ...]:
        """Every observation of this name, older ones too."""
        return tuple(o for o in self._every if o.name == name)

    def subjects(self, prefix: str) -> tuple[str, ...]:
        """Every observed subject that begins so."""
        begin = bisect_left(self._subjects, prefix)
        return tuple(takewhile(lambda subject: subject.startswith(prefix), self._subjects[begin:]))

    def began(self, ids: Iterable[ObservationId]) -> datetime | None:
        """The earliest `since` that these observations state; None when none states any."""
        return min((self._since[i] for i in ids if i in self._since), default=None)

    def edges_into(self, component: str) -> tuple[str, ...]:
        """The names of the edges to this component."""
        return tuple(edge_name(e) for e in self.system.edges if e.target == component)

    def component_named(self, text: str) -> str:
        """The component that the system itself calls so, by name or else by a kind that only one has; else empty."""
        name = text.strip().lower()
        if name in self.system.components:
            return name
        kind = KINDS_BY_NAME.get(name, name)
        found = [c for c, spec in self.system.components.items() if spec.kind == kind]
        return found[0] if len(found) == 1 else ""

    def _counts(self, observation: Observation) -> bool:
        if observation.probe == "log" and not observation.revision:
            return False
        if observation.revision in {"", self.revision} or "@" in observation.subject:
            return True
        return self._is_shared(observation.subject)

    def _is_shared(self, subject: str) -> bool:
        spec = self.system.components.get(subject.split("#", maxsplit=1)[0])
        return spec is not None and spec.lifetime == "environment"


def revision_of(ordered: Iterable[Observation]) -> str:
    """The investigated revision: as the deploy expects it, else as the newest env check or observation is labelled."""
    newest = {source: name for o in ordered for source, name in _named_revision(o)}
    return next((newest[source] for source in ("expected", "env", "label") if source in newest), "")


def _named_revision(observation: Observation) -> Iterator[tuple[str, str]]:
    if observation.name == "expected.revision":
        yield "expected", str(observation.value)
    elif observation.revision and observation.probe != "log" and "@" not in observation.subject:
        yield ("env" if observation.probe == "env" else "label"), observation.revision


def edge_name(edge: Edge) -> str:
    """The subject that observations of this edge carry."""
    return f"{edge.source}->{edge.target}"


def field(observation: Observation, name: str) -> JsonValue:
    """One field of an observation whose value is an object; None when it has none."""
    return observation.value.get(name) if isinstance(observation.value, dict) else None


def text_field(observation: Observation, name: str) -> str:
    """The same as text; empty when it is absent or null."""
    value = field(observation, name)
    return "" if value is None else str(value)


def number(value: JsonValue) -> float | None:
    """The value as a number; None when it is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def ids_of(observations: Iterable[Observation]) -> tuple[ObservationId, ...]:
    """Their ids, each once, in order."""
    return tuple(dict.fromkeys(o.id for o in observations))


def variables_of(component: Component) -> dict[str, str]:
    """The variables that say where the component is and how to log in, by field of its address."""
    if component.address is None:
        return {}
    return {name: value for name, value in component.address.model_dump().items() if value}


def _current(ordered: tuple[Observation, ...]) -> Iterator[Observation]:
    """Leave out what a newer probe of the same subject has replaced: edges whole, else an error by a success."""
    probed = {o.subject: o.at for o in ordered if o.name == "address"}
    measured = {(o.subject, _stem(o), _is_error(o)): o.at for o in ordered}
    for o in ordered:
        other = measured.get((o.subject, _stem(o), not _is_error(o)), o.at)
        if (o.at >= probed.get(o.subject, o.at) and o.at >= other) or o.name == SAMPLES:
            yield o


def _stem(observation: Observation) -> str:
    name = observation.name
    return name if name.endswith(ASIDE) else name.rsplit(".", 1)[0]


def _is_error(observation: Observation) -> bool:
    return observation.name.endswith(".error")


def _discriminator(observation: Observation) -> str:
    names = DISCRIMINATORS.get(observation.name, ())
    return " ".join(text_field(observation, name) for name in names)
