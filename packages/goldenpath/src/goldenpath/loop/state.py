"""Where a loop stands, as a fold of its journal: what a resumed loop needs to go on."""

from collections.abc import Iterable
from functools import reduce

from goldenpath.events import (
    CandidateStarted,
    CycleStarted,
    FixFinished,
    FixPlanned,
    LoopEvent,
    LoopFinished,
    LoopStarted,
    Observed,
    Promoted,
    RevisionPrepared,
    RolledBack,
)
from goldenpath.facts import Fix, Record


class LoopState(Record):
    """What has happened so far, as far as the next step depends on it."""

    loop_id: str = ""
    cycle: int = 0
    candidate: str = ""
    """A revision that was prepared or started and neither promoted nor withdrawn."""
    promoted: str = ""
    fixes: tuple[FixFinished, ...] = ()
    open_fix: Fix | None = None
    """Planned and not known to have ended: a resumed loop cannot tell whether it was applied."""
    observations: int = 0
    seconds: float = 0.0
    finished: LoopFinished | None = None

    @property
    def fingerprints(self) -> frozenset[str]:
        """Fixes tried in this loop."""
        return frozenset(done.fix.fingerprint for done in self.fixes)


def fold(events: Iterable[LoopEvent], state: LoopState | None = None) -> LoopState:
    """Fold events onto a state."""
    return reduce(_step, events, state or LoopState())


def _step(state: LoopState, event: LoopEvent) -> LoopState:
    return state.model_copy(update=_change(state, event))


def _change(state: LoopState, event: LoopEvent) -> dict[str, object]:
    match event:
        case LoopStarted():
            return {"loop_id": event.loop_id, "finished": None}
        case CycleStarted():
            return {"cycle": event.cycle}
        case RevisionPrepared() | CandidateStarted():
            return {"candidate": event.revision}
        case Promoted():
            return {"promoted": event.revision, "candidate": ""}
        case RolledBack():
            return {"candidate": "", "promoted": event.to or state.promoted}
        case Observed():
            return {"observations": state.observations + len(event.observations)}
        case FixPlanned():
            return {"open_fix": event.fix}
        case FixFinished():
            return {"open_fix": None, "fixes": (*state.fixes, event)}
        case LoopFinished():
            return {"finished": event, "seconds": event.seconds}
        case _:
            return {}
