"""How far a run's log goes, read from its bare rows: a run can be ended by a revision that cannot read all of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from netra.events.laws import RUN
from netra.runs.frames import ends
from netra.stores.database import Record


class OpenCall(NamedTuple):
    """A call that began and has not ended."""

    agent: str
    call_id: str
    tool: str


@dataclass(kw_only=True)
class Standing:
    """What ending a run takes."""

    last_seq: int = 0
    ended: bool = False
    speaker: str = RUN
    """The agent whose turn it is, if it has started."""
    calls: dict[str, OpenCall] = field(default_factory=dict[str, OpenCall])
    """Those that have not ended."""
    waiting: dict[str, OpenCall] = field(default_factory=dict[str, OpenCall])
    """Those whose approval is not decided."""

    def take(self, kind: str, agent: str, body: str) -> None:
        """Move on by one row; a kind that is not known says nothing about the end."""
        self.last_seq += 1
        self.ended = self.ended or ends(kind, body)
        match kind:
            case "agent_started":
                self.speaker = agent
            case "agent_handoff":
                self.speaker = RUN
            case "tool_executing":
                data: dict[str, Any] = orjson.loads(body)
                self.calls[data["call_id"]] = OpenCall(agent, data["call_id"], data["tool"])
            case "tool_completed":
                self.calls.pop(orjson.loads(body)["call_id"], None)
            case "approval_requested":
                data = orjson.loads(body)
                self.waiting[data["call_id"]] = OpenCall(agent, data["call_id"], data["tool"])
            case "approval_decided":
                self.waiting.pop(orjson.loads(body)["call_id"], None)
            case _:
                pass


def standing(rows: Sequence[Record]) -> Standing:
    """What the rows of a whole log say."""
    found = Standing()
    for row in rows:
        found.take(row["type"], row["agent"], row["data"])
    return found
