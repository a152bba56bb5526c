"""What is known of a component's processes, one record for each replica."""

from goldenpath.diagnosis.evidence import Evidence, ids_of, number
from goldenpath.facts import Observation, ObservationId, Record

STOP_SIGNALS = frozenset({-2, -15, 130, 143})
"""Exit codes of a process that was asked to end."""
SHELL_SIGNAL_BASE = 128
"""A shell reports the signal N that ended its child as 128 + N."""


class ProcessView(Record):
    """One process as its observations show it."""

    subject: str
    state: str
    observations: tuple[ObservationId, ...]
    pid: int | None = None
    exit_code: int | None = None

    @property
    def gone(self) -> bool:
        """Whether there is no process any more."""
        return self.state in {"exited", "missing"}

    @property
    def killed(self) -> bool:
        """Whether a signal ended it that nobody sends to ask a process to end."""
        code = self.exit_code
        return code is not None and (code < 0 or code > SHELL_SIGNAL_BASE) and code not in STOP_SIGNALS


def processes_of(evidence: Evidence, component: str) -> tuple[ProcessView, ...]:
    """Every observed process of this component."""
    subjects = (component, *evidence.subjects(f"{component}#"))
    return tuple(view for subject in subjects if (view := _view(evidence, subject)))


def listening_of(evidence: Evidence, component: str) -> tuple[Observation, ...]:
    """Whether something listens on the component's configured port, as seen for each of its processes."""
    subjects = (component, *evidence.subjects(f"{component}#"))
    return tuple(o for subject in subjects if (o := evidence.get(subject, "process.listening")))


def _view(evidence: Evidence, subject: str) -> ProcessView | None:
    state = evidence.get(subject, "process.state")
    if state is None:
        return None
    code, pid = evidence.get(subject, "process.exit_code"), evidence.get(subject, "process.pid")
    exited = state.value in {"exited", "missing"}
    return ProcessView(
        subject=subject,
        state=str(state.value),
        observations=ids_of([state, *([code] if code and exited else [])]),
        pid=_integer(pid.value) if pid else None,
        exit_code=_integer(code.value) if code and exited else None,
    )


def _integer(value: object) -> int | None:
    found = number(value) if isinstance(value, int | float) else None
    return None if found is None else int(found)
