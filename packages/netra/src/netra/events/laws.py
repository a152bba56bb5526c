"""The laws of a run's log, as pure checks over a finished or growing list of events.

1. `seq` is gapless from 1.
2. An agent's `agent_started` precedes everything else that agent says.
3. Every `tool_executing` has exactly one `tool_completed` with its `call_id`, before the end.
4. Every `approval_requested` has exactly one `approval_decided` with its `call_id`, before the end; the call begins
   only after its approval, and never after a refusal.
5. Exactly one terminal event, and it is the last. (Only a finished log owes it.)
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from netra.events.union import (
    AgentStarted,
    ApprovalDecided,
    ApprovalRequested,
    Event,
    ToolCompleted,
    ToolExecuting,
    is_terminal,
)

Law = Literal["gapless", "started_first", "tools_paired", "approved_first", "one_terminal"]
RUN = "run"
"""The `agent` of facts about the run itself, which no agent has to start."""


class Breach(BaseModel):
    """One law broken at one place of the log."""

    model_config = ConfigDict(frozen=True)

    law: Law
    seq: int
    message: str


def breaches(events: Sequence[Event], *, finished: bool) -> tuple[Breach, ...]:
    """Every breach of the laws in this log, in order of law; empty when all hold."""
    found = [*_gapless(events), *_started_first(events), *_tools_paired(events, finished=finished)]
    found += _approved_first(events, finished=finished)
    return (*found, *_one_terminal(events, finished=finished))


def _gapless(events: Sequence[Event]) -> list[Breach]:
    return [
        Breach(law="gapless", seq=event.seq, message=f"expected seq {expected}, found {event.seq}")
        for expected, event in enumerate(events, start=1)
        if event.seq != expected
    ]


def _started_first(events: Sequence[Event]) -> list[Breach]:
    started: set[str] = {RUN}
    found: list[Breach] = []
    for event in events:
        if isinstance(event, AgentStarted):
            started.add(event.agent)
        elif event.agent not in started:
            message = f"{event.agent} says {event.type} before agent_started"
            found.append(Breach(law="started_first", seq=event.seq, message=message))
    return found


def _tools_paired(events: Sequence[Event], *, finished: bool) -> list[Breach]:
    begun = {e.data.call_id: e.seq for e in events if isinstance(e, ToolExecuting)}
    ended = Counter(e.data.call_id for e in events if isinstance(e, ToolCompleted))
    found = [
        Breach(law="tools_paired", seq=begun.get(call, 0), message=f"call {call} completed {count} times")
        for call, count in ended.items()
        if count > 1
    ]
    found += [
        Breach(law="tools_paired", seq=e.seq, message=f"call {e.data.call_id} completed before it began")
        for e in events
        if isinstance(e, ToolCompleted) and begun.get(e.data.call_id, e.seq) >= e.seq
    ]
    if finished:
        found += [
            Breach(law="tools_paired", seq=seq, message=f"call {call} never completed")
            for call, seq in begun.items()
            if call not in ended
        ]
    return found


def _approved_first(events: Sequence[Event], *, finished: bool) -> list[Breach]:
    waiting: dict[str, int] = {}
    """By call: where its approval was requested and not decided yet."""
    decided: dict[str, bool] = {}
    found: list[Breach] = []
    for event in events:
        match event:
            case ApprovalRequested():
                call = event.data.call_id
                wrong = "requested twice" if call in waiting or call in decided else ""
                waiting.setdefault(call, event.seq)
            case ApprovalDecided():
                call = event.data.call_id
                wrong = "" if waiting.pop(call, None) else "decided but not waited for"
                decided[call] = event.data.approved
            case ToolExecuting():
                call = event.data.call_id
                wrong = "begun without its approval" if call in waiting or decided.get(call) is False else ""
            case _:
                continue
        if wrong:
            found.append(Breach(law="approved_first", seq=event.seq, message=f"call {call} {wrong}"))
    if finished:
        found += [
            Breach(law="approved_first", seq=seq, message=f"call {call} never decided") for call, seq in waiting.items()
        ]
    return found


def _one_terminal(events: Sequence[Event], *, finished: bool) -> list[Breach]:
    terminal = [e.seq for e in events if is_terminal(e)]
    last = events[-1].seq if events else 0
    if finished and terminal != [last]:
        return [Breach(law="one_terminal", seq=last, message=f"terminal events at {terminal}, last event {last}")]
    early = [seq for seq in terminal if seq != last]
    return [Breach(law="one_terminal", seq=seq, message="events follow the terminal event") for seq in early]
