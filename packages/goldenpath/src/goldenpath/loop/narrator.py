"""The loop's voice: stamps events with time and cycle, and writes them to the journal."""

import time
from datetime import UTC, datetime
from typing import TypedDict

from goldenpath.events import Diagnosed, LoopEvent, Observed
from goldenpath.facts import Diagnosis, Observation
from goldenpath.loop.journal import Journal


class Stamp(TypedDict):
    """What every event of the loop carries."""

    at: datetime
    cycle: int


class Narrator:
    """Writes one loop's events; knows which cycle it is and how long the loop has run."""

    def __init__(self, journal: Journal, *, cycle: int = 0, seconds: float = 0.0) -> None:
        """Speak into this journal; `seconds` ran before an interruption."""
        self.cycle = cycle
        self._journal = journal
        self._started = time.monotonic() - seconds
        self._told: set[str] = set()

    @property
    def stamp(self) -> Stamp:
        """The time and cycle of an event that is about to be told."""
        return Stamp(at=datetime.now(UTC), cycle=self.cycle)

    @property
    def seconds(self) -> float:
        """How long the loop has run."""
        return round(time.monotonic() - self._started, 3)

    def tell(self, event: LoopEvent) -> None:
        """Write the event down; whoever listens hears it afterwards."""
        self._journal.write(event)

    def observed(self, observations: tuple[Observation, ...]) -> None:
        """Write down observations that were not told yet."""
        new = tuple(o for o in observations if o.id not in self._told)
        if new:
            self._told.update(o.id for o in new)
            self.tell(Observed(**self.stamp, observations=new))

    def diagnosed(self, diagnosis: Diagnosis, observations: tuple[Observation, ...], begun: float) -> None:
        """Write down a diagnosis and what it was drawn from; `begun` is monotonic time."""
        considered, seconds = tuple(o.id for o in observations), time.monotonic() - begun
        self.tell(Diagnosed(**self.stamp, diagnosis=diagnosis, considered=considered, seconds=seconds))
