"""The tool calls of a run as text: a list, and one of them whole, so that a number can be followed to its query."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from netra.events.union import Event, ToolCompleted, ToolExecuting

LONGEST = 4000
"""Characters of a result that are shown."""


class Call(NamedTuple):
    """A tool call, and its end if there was one."""

    begun: ToolExecuting
    ended: ToolCompleted | None


def of(events: Sequence[Event]) -> tuple[Call, ...]:
    """The run's tool calls in their order."""
    ends = {event.data.call_id: event for event in events if isinstance(event, ToolCompleted)}
    begun = [event for event in events if isinstance(event, ToolExecuting)]
    return tuple(Call(event, ends.get(event.data.call_id)) for event in begun)


def listed(calls: Sequence[Call]) -> str:
    """One line a call, numbered from 1."""
    lines = [f"{number:>3}  {call.begun.data.tool}  {_end(call)}" for number, call in enumerate(calls, 1)]
    return "\n".join(lines) or "no tool calls"


def shown(call: Call) -> str:
    """The call whole: arguments, the queries that its numbers came from, and its result."""
    parts = [f"{call.begun.data.tool}  {_end(call)}", f"arguments\n{_json(call.begun.data.arguments)}"]
    if call.ended is None:
        return "\n\n".join(parts)
    for query in call.ended.data.queries:
        head = f"query {query.name}: {query.rows} rows in {query.ms:.0f} ms"
        parts.append(f"{head}\n{query.sql}\nparameters\n{_json(query.parameters)}")
    parts.append(f"error\n{call.ended.data.error}" if call.ended.data.error else _result(call.ended))
    return "\n\n".join(parts)


def _result(ended: ToolCompleted) -> str:
    text = _json(ended.data.result)
    more = f"\n… {len(text) - LONGEST} more characters" if len(text) > LONGEST else ""
    return f"result\n{text[:LONGEST]}{more}"


def _end(call: Call) -> str:
    return f"{call.ended.data.status} in {call.ended.data.ms:.0f} ms" if call.ended else "not ended"


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
