"""How far a run is: a fold of its log, so that whoever continues it knows what need not be done again."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from netra.agents.findings import Finding
from netra.agents.flow import FIRST
from netra.events.union import (
    AgentCompletedData,
    AgentFailedData,
    AgentHandoffData,
    AgentStartedData,
    AgentThinkingData,
    AnswerDeltaData,
    ApprovalDecidedData,
    ApprovalRequestedData,
    Event,
    EventData,
    RunCancelledData,
    RunQueuedData,
    ToolCompletedData,
    ToolExecutingData,
)

REFUSED = "its approval was refused"


@dataclass(kw_only=True)
class Turn:
    """What one agent has done so far."""

    started: bool = False
    thoughts: int = 0
    last_thought: str = ""
    """What it said it would do and has not begun."""
    said: str = ""
    calls: list[ToolExecutingData] = field(default_factory=list[ToolExecutingData])
    requests: list[ApprovalRequestedData] = field(default_factory=list[ApprovalRequestedData])
    """Calls that needed an approval, in order."""
    result: dict[str, JsonValue] | None = None
    """What it handed over; None while it works."""
    failed: AgentFailedData | None = None
    """Why it could not finish."""

    @property
    def next_call(self) -> int:
        """The number of the call it makes next, counted from 1; a call that was approved counts once."""
        return len({call.call_id for call in (*self.calls, *self.requests)}) + 1


@dataclass(kw_only=True)
class Progress:
    """The state of a run."""

    last_seq: int = 0
    current: str = FIRST
    """Whose turn it is."""
    ended: bool = False
    turns: dict[str, Turn] = field(default_factory=dict[str, Turn])
    findings: dict[str, Finding] = field(default_factory=dict[str, Finding])
    """Calls that have ended or were refused, by call id, in order."""
    decided: dict[str, bool] = field(default_factory=dict[str, bool])
    """Approvals, by call id."""

    def turn(self, agent: str) -> Turn:
        """What that agent has done."""
        return self.turns.setdefault(agent, Turn())

    @property
    def answer(self) -> str:
        """All that was said, in order of agents."""
        return "".join(turn.said for turn in self.turns.values())

    def open_calls(self) -> list[tuple[str, ToolExecutingData]]:
        """Calls that began and have not ended, with the agent that made them."""
        return [
            (agent, call)
            for agent, turn in self.turns.items()
            for call in turn.calls
            if call.call_id not in self.findings
        ]

    def undecided(self) -> list[ApprovalRequestedData]:
        """Approvals that were asked for and not decided."""
        return [asked for _, asked in self.requests if asked.call_id not in self.decided]

    def approved(self) -> list[tuple[str, ApprovalRequestedData]]:
        """Calls that were approved and have not begun, with the agent that wants them."""
        begun = {call.call_id for turn in self.turns.values() for call in turn.calls}
        return [
            (agent, asked)
            for agent, asked in self.requests
            if self.decided.get(asked.call_id) and asked.call_id not in begun
        ]

    @property
    def requests(self) -> list[tuple[str, ApprovalRequestedData]]:
        """Every approval that was asked for, with the agent that asked."""
        return [(agent, asked) for agent, turn in self.turns.items() for asked in turn.requests]

    def take(self, agent: str, data: EventData) -> None:
        """Move on by what was said."""
        match data:
            case AgentStartedData():
                self.current = agent
                self.turn(agent).started = True
            case AgentThinkingData():
                self.turn(agent).thoughts += 1
                self.turn(agent).last_thought = data.text
            case ToolExecutingData():
                self.turn(agent).calls.append(data)
                self.turn(agent).last_thought = ""
            case ToolCompletedData():
                self._found(agent, data)
            case AnswerDeltaData():
                self.turn(agent).said += data.text
            case AgentCompletedData():
                self.turn(agent).result = data.result
                self.ended = data.final
            case AgentHandoffData():
                self.current = data.to
                self.turn(agent).failed = data.failed
            case ApprovalRequestedData():
                self.turn(agent).requests.append(data)
                self.turn(agent).last_thought = ""
            case ApprovalDecidedData():
                self._decided(data)
            case AgentFailedData() | RunCancelledData():
                self.ended = True
            case RunQueuedData():
                pass

    def _decided(self, data: ApprovalDecidedData) -> None:
        self.decided[data.call_id] = data.approved
        if not data.approved:
            asked = next(asked for _, asked in self.requests if asked.call_id == data.call_id)
            self.findings[data.call_id] = Finding(
                call_id=data.call_id,
                tool=asked.tool,
                arguments=asked.arguments,
                status="refused",
                error=data.note or REFUSED,
            )

    def _found(self, agent: str, data: ToolCompletedData) -> None:
        begun = next(call for call in self.turn(agent).calls if call.call_id == data.call_id)
        self.findings[data.call_id] = Finding(
            call_id=data.call_id,
            tool=data.tool,
            arguments=begun.arguments,
            status=data.status,
            result=data.result,
            error=data.error,
        )


def progress(events: Sequence[Event]) -> Progress:
    """The state after a log that keeps its laws."""
    state = Progress(last_seq=len(events))
    for event in events:
        state.take(event.agent, event.data)
    return state
