"""What tests of one process share: somebody with data, and one question that was answered."""

from dataclasses import dataclass
from typing import Any

from e2e.frames import Frame, bodies
from e2e.person import Person
from e2e.usage import Request


@dataclass(frozen=True, kw_only=True)
class Analyst:
    """Somebody with usage data, shared by the tests of one process; only read from it."""

    person: Person
    rows: list[Request]


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A question of the analyst and every frame of its run, as received on the socket while it ran."""

    person: Person
    rows: list[Request]
    question: str
    thread_id: str
    run_id: str
    frames: list[Frame]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The run's events."""
        return bodies(self.frames)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The run's events of one type."""
        return [event for event in self.events if event["type"] == kind]
