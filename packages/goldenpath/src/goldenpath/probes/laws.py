"""The laws of a run's event log, as the manifest names its fields; pure, over received frames.

1. gapless: the sequence number counts from 1 without a gap.
2. started_first: an agent's first frame is the one that starts it.
3. paired: each opening frame has exactly one closing frame with its id, after it.
4. one_terminal: exactly one frame ends the run, and it is the last.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import JsonValue

from goldenpath.facts import Record
from goldenpath.manifest.journeys import Conversation

Frame = Mapping[str, JsonValue]
Law = Literal["gapless", "started_first", "paired", "one_terminal"]


class Breach(Record):
    """One law broken at one place."""

    law: Law
    message: str


def field(frame: Frame, path: str) -> JsonValue:
    """The value at a dotted path; None when there is none."""
    value: JsonValue = dict(frame)
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def matches(frame: Frame, pattern: Mapping[str, JsonValue]) -> bool:
    """Whether the frame has every value of the pattern, at dotted paths."""
    return all(field(frame, path) == expected for path, expected in pattern.items())


def matches_any(frame: Frame, patterns: Sequence[Mapping[str, JsonValue]]) -> bool:
    """Whether the frame has every value of at least one pattern."""
    return any(matches(frame, pattern) for pattern in patterns)


def breaches(frames: Sequence[Frame], laws: Conversation, *, finished: bool) -> tuple[Breach, ...]:
    """Every breach in the frames of one run, in the order they came; an unfinished log owes no end."""
    found = [*_gapless(frames, laws), *_started_first(frames, laws)]
    for opening, closing, id_field in laws.pairs:
        found += _paired(frames, laws, (opening, closing, id_field), finished=finished)
    return (*found, *_one_terminal(frames, laws, finished=finished))


def _gapless(frames: Sequence[Frame], laws: Conversation) -> list[Breach]:
    seqs = [field(frame, laws.seq_field) for frame in frames]
    return [
        Breach(law="gapless", message=f"expected {laws.seq_field} {expected}, received {seq}")
        for expected, seq in enumerate(seqs, start=1)
        if seq != expected
    ]


def _started_first(frames: Sequence[Frame], laws: Conversation) -> list[Breach]:
    started = {laws.run_agent, "None"}
    found: list[Breach] = []
    for frame in frames:
        agent, kind = str(field(frame, laws.agent_field)), field(frame, laws.type_field)
        if kind == laws.first_of_agent:
            started.add(agent)
        elif agent not in started:
            found.append(Breach(law="started_first", message=f"{agent} says {kind} before {laws.first_of_agent}"))
    return found


def _paired(frames: Sequence[Frame], laws: Conversation, pair: tuple[str, str, str], *, finished: bool) -> list[Breach]:
    opening, closing, id_field = pair
    opened: Counter[str] = Counter()
    closed: Counter[str] = Counter()
    found: list[Breach] = []
    for frame in frames:
        kind, ident = field(frame, laws.type_field), str(field(frame, id_field))
        opened[ident] += kind == opening
        closed[ident] += kind == closing
        if kind == closing and closed[ident] > opened[ident]:
            found.append(Breach(law="paired", message=f"{closing} {ident} without its own {opening}"))
    owed = [ident for ident, count in opened.items() if finished and closed[ident] < count]
    return found + [Breach(law="paired", message=f"{opening} {ident} without {closing}") for ident in owed]


def _one_terminal(frames: Sequence[Frame], laws: Conversation, *, finished: bool) -> list[Breach]:
    ends = [index for index, frame in enumerate(frames, 1) if matches_any(frame, (*laws.until, *laws.failure))]
    if finished and ends != [len(frames)]:
        return [Breach(law="one_terminal", message=f"frames {ends} of {len(frames)} end the run")]
    early = [index for index in ends if index != len(frames)]
    return [Breach(law="one_terminal", message=f"frames follow the end at {index}") for index in early]
