"""What was heard on the socket after a question, and what it amounts to."""

import itertools
import json
import time

from pydantic import JsonValue

from goldenpath.manifest.journeys import Conversation
from goldenpath.probes.laws import Frame, breaches, field, matches_any
from goldenpath.probes.record import Notes

_CODES = ("code", "reason")
_WORDS = ("data.message", "message", "data.error")
CUT = 200
"""Characters kept of each raw frame."""


class Listener:
    """Collects the frames of the one run that a question started."""

    def __init__(self, laws: Conversation) -> None:
        """Listen from now on."""
        self.laws = laws
        self.begun = time.perf_counter()
        self.heard: list[tuple[float, Frame]] = []
        """Seconds since the beginning and the frame."""
        self.run_id: JsonValue = None
        self.terminal: Frame | None = None
        self.closed = ""
        """Why the peer closed the connection, if it did."""

    @property
    def ended(self) -> bool:
        """Whether a frame has ended the run."""
        return self.terminal is not None

    @property
    def events(self) -> tuple[tuple[float, Frame], ...]:
        """The run's own frames: those with a sequence number and its id."""
        laws = self.laws
        return tuple(
            (at, frame)
            for at, frame in self.heard
            if field(frame, laws.seq_field) is not None and field(frame, laws.run_field) == self.run_id
        )

    def hear(self, frame: Frame) -> None:
        """Take one more frame."""
        self.heard.append((time.perf_counter() - self.begun, frame))
        if self.run_id is None:
            self.run_id = field(frame, self.laws.run_field)
        of_another = field(frame, self.laws.run_field) not in (None, self.run_id)
        if not self.ended and not of_another and matches_any(frame, (*self.laws.until, *self.laws.failure)):
            self.terminal = frame


def note_run(notes: Notes, listener: Listener, question: str) -> None:
    """Note what the run was: accepted, its events, its end, and every law it broke."""
    laws = listener.laws
    frames = [frame for _, frame in listener.events]
    kinds = [str(field(frame, laws.type_field)) for frame in frames]
    notes.note("run.accepted", listener.run_id is not None, f"asked: {question}")
    if listener.run_id is not None:
        notes.note("run.id", listener.run_id)
    notes.note("run.types", [kind for kind, _ in itertools.groupby(kinds)], _raw(listener))
    _note_times(notes, listener)
    notes.note("run.terminal", _terminal(listener), listener.closed or _unended(listener))
    broken = breaches(frames, laws, finished=listener.ended)
    notes.note("run.breaches", [{"law": breach.law, "message": breach.message} for breach in broken])
    notes.note("run.missing", [kind for kind in laws.expect if kind not in kinds])


def _note_times(notes: Notes, listener: Listener) -> None:
    if listener.events:
        notes.note("run.first_event_ms", round(listener.events[0][0] * 1000, 3))
    if listener.terminal is not None:
        ended_at = next(at for at, frame in listener.heard if frame is listener.terminal)
        notes.note("run.seconds", round(ended_at, 6))


def _terminal(listener: Listener) -> JsonValue:
    """The end in four words; an error frame outside the run's log names its code instead of a reason."""
    frame, laws = listener.terminal, listener.laws
    if frame is None:
        return None
    return {
        "type": field(frame, laws.type_field),
        "reason": _first(frame, (laws.reason_field, *_CODES)),
        "component": _first(frame, (laws.component_field, "where")),
        "message": _first(frame, _WORDS),
    }


def _first(frame: Frame, paths: tuple[str, ...]) -> str:
    found = (field(frame, path) for path in paths)
    return next((str(value) for value in found if value), "")


def _unended(listener: Listener) -> str:
    return "" if listener.ended else f"no end within {listener.laws.deadline_s:g} s"


def _raw(listener: Listener) -> str:
    return "\n".join(f"{at:.3f} s {json.dumps(dict(frame))[:CUT]}" for at, frame in listener.heard)
