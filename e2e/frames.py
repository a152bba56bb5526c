"""Frames of the socket and the laws of a run's events."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

GOLDEN_FIVE = {"agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"}


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One frame as it was received, and when on the client's own clock, in seconds."""

    body: dict[str, Any]
    received: float

    @property
    def type(self) -> str:
        """What kind of frame it is."""
        return str(self.body["type"])

    @property
    def data(self) -> dict[str, Any]:
        """What a run's event says."""
        data: dict[str, Any] = self.body["data"]
        return data


def is_terminal(event: dict[str, Any]) -> bool:
    """Whether this event ends its run."""
    final = event["type"] == "agent_completed" and event["data"]["final"] is True
    return final or event["type"] in {"agent_failed", "run_cancelled"}


def bodies(frames: Sequence[Frame]) -> list[dict[str, Any]]:
    """What was received, without when."""
    return [frame.body for frame in frames]


def assert_lawful(events: Sequence[dict[str, Any]]) -> None:
    """Hold a finished run's events to the laws: gapless, started first, tools paired, one end."""
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert len({event["run_id"] for event in events}) == 1
    assert len({event["thread_id"] for event in events}) == 1
    started: set[str] = {"run"}
    for event in events:
        if event["type"] == "agent_started":
            started.add(event["agent"])
        assert event["agent"] in started, f"{event['agent']} says {event['type']} before agent_started"
    assert_tools_paired(events)
    assert [is_terminal(event) for event in events] == [False] * (len(events) - 1) + [True]


def assert_tools_paired(events: Sequence[dict[str, Any]]) -> None:
    """Every call that began ended once, later, and no other ended."""
    begun = {e["data"]["call_id"]: e["seq"] for e in events if e["type"] == "tool_executing"}
    ended = [(e["data"]["call_id"], e["seq"]) for e in events if e["type"] == "tool_completed"]
    assert Counter(call for call, _ in ended) == Counter(begun.keys())
    assert all(begun[call] < seq for call, seq in ended)
