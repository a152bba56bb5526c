"""What was seen to be wrong, before any explanation."""

from collections.abc import Callable, Iterator

from pydantic import JsonValue

from goldenpath.diagnosis import public
from goldenpath.diagnosis.doors import RULES, holds, said
from goldenpath.diagnosis.edges import EdgeView
from goldenpath.diagnosis.evidence import Evidence, edge_name, field, ids_of, text_field
from goldenpath.diagnosis.graph import (
    CODE,
    MIGRATIONS,
    PUBLIC,
    READING_SCHEMA,
    EffectGraph,
    door_node,
    env_node,
    health_node,
    port_node,
)
from goldenpath.diagnosis.processes import ProcessView, listening_of, processes_of
from goldenpath.facts import Observation, Record, Symptom
from goldenpath.manifest.journeys import Conversation

HEALTHY = frozenset({"healthy", "ok", "pass", "up", "disabled", "not_configured"})
"""What a health door calls a dependency that is well, or that this deployment does without."""
HTTP_OK = range(200, 300)
SWITCHING_PROTOCOLS = 101
READY = "ready"
"""The phase of a start in which the deploy asks whether it is ready."""
FAILED_OUTCOMES = frozenset({"failed", "error"})


class Seen(Record):
    """A symptom, the node of the graph where it shows, and the component that the symptom itself names."""

    node: str
    subject: str
    statement: str
    observations: tuple[str, ...]
    names: str = ""
    telling: int = 0
    """Of several symptoms at one node, a chain shows the one that tells most."""


class Symptoms(Record):
    """Every symptom and where it shows, in a fixed order."""

    seen: tuple[Seen, ...]
    symptoms: tuple[Symptom, ...]

    def pairs(self) -> tuple[tuple[Symptom, Seen], ...]:
        """Each symptom with where it shows."""
        return tuple(zip(self.symptoms, self.seen, strict=True))


def find_symptoms(evidence: Evidence, graph: EffectGraph) -> Symptoms:
    """Derive the symptoms; numbered in an order that depends on nothing but themselves."""
    found = {(s.node, s.statement): s for finder in _FINDERS for s in finder(evidence)}
    seen = tuple(found[key] for key in sorted(found))
    journeys = [f"journey:{name}" for name in evidence.system.journeys]
    symptoms = tuple(
        Symptom(
            id=f"s{number}",
            subject=s.subject,
            statement=s.statement,
            observations=s.observations,
            # People take the public way on every journey; synthetic ones are made at the revision's own door.
            journeys=tuple(
                j.removeprefix("journey:") for j in journeys if s.node == PUBLIC or j in graph.reach([s.node])
            ),
        )
        for number, s in enumerate(seen, start=1)
    )
    return Symptoms(seen=seen, symptoms=symptoms)


def _contract(evidence: Evidence) -> Iterator[Seen]:
    for o in evidence.all("revision", "env.violation"):
        variable = text_field(o, "variable")
        said = text_field(o, "message") or text_field(o, "rule")
        statement = f"the environment breaks its contract: {variable}: {said}"
        yield Seen(node=env_node(variable), subject="revision", statement=statement, observations=(o.id,))


def _plan(evidence: Evidence) -> Iterator[Seen]:
    for o in evidence.all("revision", "plan.breach"):
        statement = f"the network is not as planned: {text_field(o, 'message')}"
        yield Seen(
            node=env_node(text_field(o, "variable")), subject="revision", statement=statement, observations=(o.id,)
        )


def _edges(evidence: Evidence) -> Iterator[Seen]:
    for edge in evidence.system.edges:
        if not evidence.system.components[edge.target].required:
            continue
        name = edge_name(edge)
        view = EdgeView(evidence, name)
        if view.failure and not view.failure.reported:
            statement = f"{name} fails at {view.failure.phase}: {view.failure.code}"
            yield Seen(node=name, subject=name, statement=statement, observations=view.failure.observations)
        for o in view.over_budget():
            spent, allowed = _ms(field(o, "ms")), _ms(field(o, "budget_ms"))
            statement = f"{name} takes {spent} for {text_field(o, 'phase')}, {allowed} are allowed"
            yield Seen(node=name, subject=name, statement=statement, observations=(o.id,))


def _processes(evidence: Evidence) -> Iterator[Seen]:
    for component, spec in evidence.system.components.items():
        if not spec.required:
            continue
        yield from (_process(component, p) for p in processes_of(evidence, component) if p.gone or p.state == "frozen")
        for listening in listening_of(evidence, component):
            if listening.value is False:
                statement = f"nothing listens on the port that is configured for {component}"
                node = port_node(component)
                yield Seen(node=node, subject=component, statement=statement, observations=(listening.id,))


def _process(component: str, process: ProcessView) -> Seen:
    code = "" if process.exit_code is None else f" with {process.exit_code}"
    statement = f"a process of {process.subject} is {process.state}{code}"
    return Seen(node=component, subject=component, statement=statement, observations=process.observations)


def _starts(evidence: Evidence) -> Iterator[Seen]:
    for o in (*evidence.named("startup.failed"), *evidence.named("start.failed")):
        component = text_field(o, "component") or o.subject.split("#")[0]
        reason = text_field(o, "cause") or text_field(o, "statement")
        phase = text_field(o, "phase")
        yield Seen(
            # What never became ready still runs: its own doors, or what it waits for, say why.
            node=health_node("") if phase == READY else component,
            subject=component,
            statement=f"{component} did not start: {phase}: {reason}",
            observations=(o.id,),
            names=evidence.component_named(phase),
            telling=1,
        )


def _health(evidence: Evidence) -> Iterator[Seen]:
    reported = evidence.named("health.dependency")
    for o in reported:
        name, status = text_field(o, "name"), text_field(o, "status").lower()
        component = evidence.component_named(name)
        if status in HEALTHY or not _is_required(evidence, component):
            continue
        error = text_field(o, "error")
        statement = f"the system itself calls {name} {status}{f': {error}' if error else ''}"
        yield Seen(
            node=health_node(component), subject=o.subject, statement=statement, observations=(o.id,), names=component
        )
    for o in () if reported else evidence.named("health.status"):
        if str(o.value).lower() not in HEALTHY:
            statement = f"the health door of {o.subject} says {o.value}"
            yield Seen(node=health_node(""), subject=o.subject, statement=statement, observations=(o.id,))
    for o in evidence.named("health.ready"):
        if o.value is False:
            statement = f"{o.subject} says that it is not ready for traffic"
            yield Seen(node=health_node(""), subject=o.subject, statement=statement, observations=(o.id,))


def _schemas(evidence: Evidence) -> Iterator[Seen]:
    pending, error = evidence.get("schema", "schema.pending"), evidence.get("schema", "schema.error")
    if pending and pending.value:
        statement = f"migrations are not applied: {_joined(pending.value)}"
        yield Seen(node="schema", subject="schema", statement=statement, observations=(pending.id,))
    if error:
        statement = f"the schema cannot be read: {error.value}"
        yield Seen(node=READING_SCHEMA, subject="schema", statement=statement, observations=(error.id,))


def _code(evidence: Evidence) -> Iterator[Seen]:
    for o in evidence.named("env.unreadable"):
        statement = f"the revision cannot print its contract: {o.value}"
        yield Seen(node=CODE, subject="revision", statement=statement, observations=(o.id,))
    for o in evidence.named("code.broken"):
        place = f"{text_field(o, 'file')}:{text_field(o, 'line')}: " if text_field(o, "file") else ""
        statement = f"the code does not load: {place}{text_field(o, 'kind')}: {text_field(o, 'message')}"
        yield Seen(node=CODE, subject=CODE, statement=statement, observations=(o.id,))
    for o in evidence.named("migration.breach"):
        if text_field(o, "rule") != "removed":
            statement = f"migration {text_field(o, 'name')}: {text_field(o, 'message')}"
            yield Seen(node=MIGRATIONS, subject="schema", statement=statement, observations=(o.id,))


def _versions(evidence: Evidence) -> Iterator[Seen]:
    door = evidence.system.doors.component
    for name in ("revision", "fingerprint"):
        expected, served = evidence.get(door, f"expected.{name}"), evidence.get(door, f"version.{name}")
        if expected and served and expected.value != served.value:
            statement = f"{door} serves {name} {served.value}, deployed was {expected.value}"
            yield Seen(node=door, subject=door, statement=statement, observations=ids_of([expected, served]))


def _journeys(evidence: Evidence) -> Iterator[Seen]:
    for name, journey in evidence.system.journeys.items():
        subject = f"journey:{name}"
        for o in _broken_doors(evidence, subject):
            statement = f"{subject}: {o.name} is {o.value}"
            yield Seen(node=subject, subject=subject, statement=statement, observations=(o.id,))
        yield from _requests(evidence, subject)
        if journey.conversation:
            yield from _runs(evidence, subject, journey.conversation)


def _broken_doors(evidence: Evidence, subject: str) -> Iterator[Observation]:
    for name in ("login.error", "socket.error"):
        if found := evidence.get(subject, name):
            yield found
    for name, good in (("login.status", HTTP_OK), ("socket.status", (SWITCHING_PROTOCOLS,))):
        if (found := evidence.get(subject, name)) and found.value not in good:
            yield found
    for name in ("socket.ready", "run.accepted"):
        if (found := evidence.get(subject, name)) and found.value is False:
            yield found


def _requests(evidence: Evidence, subject: str) -> Iterator[Seen]:
    unmet = evidence.get(subject, "request.unmet")
    done = evidence.get(subject, "requests.done")
    if unmet and (done is None or done.at < unmet.at):
        named = evidence.component_named(text_field(unmet, "component"))
        statement = f"{subject}: {text_field(unmet, 'request')}: {text_field(unmet, 'message')}"
        yield Seen(node=subject, subject=subject, statement=statement, observations=(unmet.id,), names=named)


def _runs(evidence: Evidence, subject: str, conversation: Conversation) -> Iterator[Seen]:
    terminal = evidence.get(subject, "run.terminal")
    if terminal and not ended_well(terminal, conversation):
        how = "had not ended at its deadline"
        if isinstance(terminal.value, dict):
            parts = [text_field(terminal, k) for k in ("type", "reason", "message")]
            how = f"ended with {' '.join(p for p in parts if p)}"
        named = evidence.component_named(text_field(terminal, "component"))
        statement = f"{subject}: the run {how}"
        yield Seen(node=subject, subject=subject, statement=statement, observations=(terminal.id,), names=named)
    for name, words in (("run.breaches", "broke laws"), ("run.missing", "lacks events")):
        found = evidence.get(subject, name)
        if found and found.value:
            statement = f"{subject}: the run {words}: {_joined(found.value)}"
            yield Seen(node=subject, subject=subject, statement=statement, observations=(found.id,))


def ended_well(terminal: Observation, conversation: Conversation) -> bool:
    """Whether the last frame is one of those that end a run well."""
    kinds = [frame.get(conversation.type_field) for frame in conversation.until]
    return isinstance(terminal.value, dict) and terminal.value.get("type") in kinds


def _access(evidence: Evidence) -> Iterator[Seen]:
    subject = door_node(evidence.system.doors.component)
    for name in RULES:
        for o in evidence.all(subject, name):
            if not holds(o):
                yield Seen(node=subject, subject=subject, statement=said(o), observations=(o.id,))


def _public(evidence: Evidence) -> Iterator[Seen]:
    for name in public.PASSES:
        found = evidence.get(PUBLIC, name)
        if found and public.differs(found):
            yield Seen(node=PUBLIC, subject=PUBLIC, statement=public.said(found), observations=(found.id,))


def _invariants(evidence: Evidence) -> Iterator[Seen]:
    for o in evidence.named("invariant.breaches"):
        if field(o, "count"):
            statement = f"a law of the data is broken {text_field(o, 'count')} times: {text_field(o, 'name')}"
            yield Seen(node=o.subject, subject=o.subject, statement=statement, observations=(o.id,))


def _watched(evidence: Evidence) -> Iterator[Seen]:
    """What a revision did under traffic that the last good one did not."""
    for name in ("watch.failed", "watch.slower", "watch.ended", "watch.grown", "watch.complaint"):
        for o in evidence.named(name):
            statement = f"{o.subject}, while it was watched: {o.text[:300]}"
            yield Seen(node=o.subject, subject=o.subject, statement=statement, observations=(o.id,))


def _tests(evidence: Evidence) -> Iterator[Seen]:
    for subject in evidence.subjects("test:"):
        outcome = evidence.get(subject, "test.outcome")
        if outcome and outcome.value in FAILED_OUTCOMES:
            message = evidence.get(subject, "test.message")
            statement = f"{subject.removeprefix('test:')} {outcome.value}{f': {message.value}' if message else ''}"
            yield Seen(node=subject, subject=subject, statement=statement, observations=(outcome.id,))


def _is_required(evidence: Evidence, component: str) -> bool:
    return not component or evidence.system.components[component].required


def _joined(value: JsonValue) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _ms(value: JsonValue) -> str:
    return f"{value:.0f} ms" if isinstance(value, int | float) else str(value)


_FINDERS: tuple[Callable[[Evidence], Iterator[Seen]], ...] = (
    _contract,
    _plan,
    _edges,
    _processes,
    _starts,
    _health,
    _schemas,
    _code,
    _versions,
    _journeys,
    _access,
    _public,
    _invariants,
    _watched,
    _tests,
)
