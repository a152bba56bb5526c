"""How far a connection got: one edge's phases, measured by a probe, or else as somebody reported them."""

from typing import Literal

from goldenpath.diagnosis.evidence import Evidence, ids_of, number, text_field
from goldenpath.diagnosis.signatures import PHASES, Phase, Signature, classify, phase_index
from goldenpath.facts import Observation, ObservationId, Record

PhaseState = Literal["ok", "failed", "not_reached", "unmeasured"]


class Outcome(Record):
    """What is known of one phase."""

    state: PhaseState
    phase: Phase
    observations: tuple[ObservationId, ...] = ()
    code: str = ""
    ms: float | None = None
    reported: bool = False
    """Not measured by a probe: somebody's error text says so."""


class Failure(Record):
    """Where the connection ended."""

    phase: Phase
    code: str
    observations: tuple[ObservationId, ...]
    reported: bool = False


class EdgeView:
    """One edge as its observations show it."""

    def __init__(self, evidence: Evidence, subject: str) -> None:
        """`subject` is an edge, or an edge with another revision's address: `a->b@REVISION`."""
        self._evidence = evidence
        self.subject = subject
        self.target = subject.split("->", 1)[1].split("@", maxsplit=1)[0]
        self.failure = self._measured_failure() or self._reported_failure()

    def outcome(self, phase: Phase) -> Outcome:
        """What is known of this phase."""
        if self.ms(phase):
            return self._passed(phase)
        if self.failure and self.failure.phase == phase:
            return Outcome(
                state="failed",
                phase=phase,
                code=self.failure.code,
                observations=self.failure.observations,
                reported=self.failure.reported,
            )
        if self.failure and phase_index(self.failure.phase) < phase_index(phase):
            return Outcome(state="not_reached", phase=phase, observations=self.failure.observations)
        return self._passed(phase)

    def ms(self, phase: str) -> Observation | None:
        """The time this phase took; None when it was not measured."""
        return self._evidence.get(self.subject, f"{phase}.ms")

    def flag(self, name: str) -> Observation | None:
        """Another observation of this edge, such as `address.literal`."""
        return self._evidence.get(self.subject, name)

    @property
    def measured(self) -> bool:
        """Whether a probe has tried this edge."""
        return any(self._evidence.get(self.subject, f"{p}.{s}") for p in PHASES for s in ("ms", "error"))

    def over_budget(self) -> tuple[Observation, ...]:
        """Phases that took longer than the manifest allows."""
        return self._evidence.all(self.subject, "budget.exceeded")

    def _passed(self, phase: Phase) -> Outcome:
        """A phase without an error went well if it, or anything behind it, was measured."""
        for later in PHASES[phase_index(phase) :]:
            found = self.ms(later) or self._evidence.get(self.subject, f"{later}.error")
            if found:
                value = number(found.value) if later == phase else None
                return Outcome(state="ok", phase=phase, observations=(found.id,), ms=value)
        return Outcome(state="unmeasured", phase=phase)

    def _measured_failure(self) -> Failure | None:
        for phase in PHASES:
            found = self._evidence.get(self.subject, f"{phase}.error")
            if found:
                return Failure(phase=phase, code=str(found.value), observations=(found.id,))
        return None

    def _reported_failure(self) -> Failure | None:
        if self.measured or "@" in self.subject:
            return None
        for observation, text in reports(self._evidence, self.target):
            signature = classify(text)
            if signature:
                return _failure(signature, observation)
        return None


def reports(evidence: Evidence, component: str) -> tuple[tuple[Observation, str], ...]:
    """What the system itself says is wrong with this component: its health door and its start-up log."""
    health = [(o, text_field(o, "error"), text_field(o, "name")) for o in evidence.named("health.dependency")]
    startup = [(o, text_field(o, "cause"), text_field(o, "phase")) for o in evidence.named("startup.failed")]
    return tuple(
        (o, text) for o, text, name in health + startup if text and evidence.component_named(name) == component
    )


def views_into(evidence: Evidence, edges: tuple[str, ...]) -> tuple[EdgeView, ...]:
    """These edges as they are."""
    return tuple(EdgeView(evidence, edge) for edge in edges)


def last_good_views(evidence: Evidence, edges: tuple[str, ...]) -> tuple[EdgeView, ...]:
    """The same edges, probed with the address of another revision."""
    return tuple(EdgeView(evidence, s) for edge in edges for s in evidence.subjects(f"{edge}@"))


def _failure(signature: Signature, observation: Observation) -> Failure:
    return Failure(phase=signature.phase, code=signature.code, observations=ids_of([observation]), reported=True)
