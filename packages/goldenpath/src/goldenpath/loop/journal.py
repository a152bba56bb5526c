"""The append-only journal of one loop: written and synced first, then told to whoever listens.

A line cut short by a crash was never told to anyone: reading drops it, and writing goes on behind the last whole line.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

from goldenpath.errors import StateError
from goldenpath.events import LOOP_EVENTS, LoopEvent

Listener = Callable[[LoopEvent], None]
"""Told of each event after it is on disk."""


class Journal:
    """One loop's events as JSON lines, in order of `seq`."""

    def __init__(self, path: Path, *, last_seq: int = 0) -> None:
        """Open for appending; use `create` or `reopen`."""
        self.path = path
        self._seq = last_seq
        self._listeners: list[Listener] = []
        self._file = path.open("ab")

    @classmethod
    def create(cls, path: Path) -> Self:
        """Start a new journal; raises StateError when there is one already."""
        if path.exists():
            raise StateError("a journal is there already", where=str(path), hint="use --resume")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(path)

    @classmethod
    def reopen(cls, path: Path) -> Self:
        """Go on behind the last whole line."""
        events, length = _whole(path)
        os.truncate(path, length)
        return cls(path, last_seq=events[-1].seq if events else 0)

    def listen(self, listener: Listener) -> None:
        """Tell this listener of every event from now on."""
        self._listeners.append(listener)

    def write(self, event: LoopEvent) -> LoopEvent:
        """Give the event its `seq`, put it on disk, then tell the listeners."""
        self._seq += 1
        stamped = event.model_copy(update={"seq": self._seq})
        self._file.write(LOOP_EVENTS.dump_json(stamped) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        for listener in self._listeners:
            listener(stamped)
        return stamped

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read(path: Path) -> tuple[LoopEvent, ...]:
    """Every whole event of a journal; raises StateError when a line that is not the last is damaged."""
    return _whole(path)[0]


def _whole(path: Path) -> tuple[tuple[LoopEvent, ...], int]:
    if not path.exists():
        raise StateError("no such journal", where=str(path))
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    events: list[LoopEvent] = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            event = LOOP_EVENTS.validate_json(line)
        except ValueError as error:
            raise StateError("this line is no event of a journal", where=f"{path}:{number}") from error
        if event.seq != number:
            raise StateError(f"expected seq {number}, found {event.seq}", where=f"{path}:{number}")
        events.append(event)
    return tuple(events), len(whole)
