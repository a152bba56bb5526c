"""Events on their way to readers: serialised once by the writer, passed on as bytes."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson

from netra.events.union import TYPE_OF, AgentCompletedData, AgentFailedData, EventData, RunCancelledData

TERMINAL_TYPES = ("agent_failed", "run_cancelled")
COMPLETED = "agent_completed"


class Said(NamedTuple):
    """What an agent says, before the log gives it its place; `agent` is `run` for facts about the run itself."""

    agent: str
    data: EventData


class Frame(NamedTuple):
    """One event as the log holds it: `json` is the whole envelope, ready to be sent."""

    seq: int
    terminal: bool
    json: bytes


class Place(NamedTuple):
    """Where in the log a piece of it stands."""

    run_id: UUID
    thread_id: UUID
    seq: int
    at: datetime


def is_last(data: EventData) -> bool:
    """Whether this ends the run."""
    match data:
        case AgentFailedData() | RunCancelledData():
            return True
        case AgentCompletedData():
            return data.final
        case _:
            return False


def frames(place: Place, said: Sequence[Said], bodies: Sequence[str]) -> list[Frame]:
    """The envelopes of what was said, whose first stands at `place`; `bodies` are the data as JSON."""
    return [
        Frame(
            place.seq + offset,
            is_last(data),
            envelope(place._replace(seq=place.seq + offset), TYPE_OF[type(data)], agent, body),
        )
        for offset, ((agent, data), body) in enumerate(zip(said, bodies, strict=True))
    ]


def envelope(place: Place, kind: str, agent: str, body: str) -> bytes:
    """The JSON of one event around the JSON of its data."""
    return orjson.dumps(
        {
            "type": kind,
            "seq": place.seq,
            "run_id": str(place.run_id),
            "thread_id": str(place.thread_id),
            "agent": agent,
            "at": place.at,
            "data": orjson.Fragment(body),
        }
    )


def stored(place: Place, kind: str, agent: str, body: str) -> Frame:
    """The frame of one row of the log."""
    return Frame(place.seq, ends(kind, body), envelope(place, kind, agent, body))


def ends(kind: str, body: str) -> bool:
    """Whether a row of the log is its run's last."""
    return kind in TERMINAL_TYPES or (kind == COMPLETED and bool(orjson.loads(body).get("final")))


def pack(frames: Sequence[Frame]) -> bytes:
    """Frames of one append as one message: a line `first-seq terminal`, then one line an event."""
    head = b"%d %d" % (frames[0].seq, frames[-1].terminal)
    return b"\n".join([head, *(frame.json for frame in frames)])


def unpack(message: bytes) -> list[Frame]:
    """The frames of one message."""
    head, *bodies = message.split(b"\n")
    first, terminal = (int(number) for number in head.split())
    last = len(bodies) - 1
    return [Frame(first + i, bool(terminal) and i == last, body) for i, body in enumerate(bodies)]
