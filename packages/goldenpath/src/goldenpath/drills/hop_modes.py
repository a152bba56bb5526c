"""What a hop does with the connections that go through it, as frozen records."""

from typing import Annotated, Literal

from pydantic import Field

from goldenpath.facts import Record

Seconds = Annotated[float, Field(ge=0)]


class Pass(Record):
    """Everything passes."""

    type: Literal["pass"] = "pass"


class Hold(Record):
    """Each new connection waits before it goes on."""

    type: Literal["hold"] = "hold"
    seconds: Seconds
    jitter_s: Seconds = 0.0


class Lag(Record):
    """Each piece of data waits, in both directions: a long line."""

    type: Literal["lag"] = "lag"
    seconds: Seconds
    jitter_s: Seconds = 0.0


class Throttle(Record):
    """At most so many bytes a second pass in each direction."""

    type: Literal["throttle"] = "throttle"
    bytes_per_s: Annotated[int, Field(gt=0)]


class Silent(Record):
    """Connections are accepted, and nothing passes."""

    type: Literal["silent"] = "silent"


class Refuse(Record):
    """Nobody listens, and what stood is cut."""

    type: Literal["refuse"] = "refuse"


class Reset(Record):
    """Each connection is accepted and reset at once."""

    type: Literal["reset"] = "reset"


class Drop(Record):
    """Every n-th connection is reset."""

    type: Literal["drop"] = "drop"
    every: Annotated[int, Field(ge=1)]


class Limit(Record):
    """Of so many connections at a time; one more is closed."""

    type: Literal["limit"] = "limit"
    connections: Annotated[int, Field(ge=0)]


class Cut(Record):
    """Each connection ends after so many bytes of answers, or so many seconds."""

    type: Literal["cut"] = "cut"
    after_bytes: int | None = None
    after_s: float | None = None


class Strip(Record):
    """Lines of these HTTP headers are taken out of what the client sends."""

    type: Literal["strip"] = "strip"
    headers: Annotated[tuple[str, ...], Field(min_length=1)]


class Impostor(Record):
    """Somebody else answers: these words to whatever is said, then the end."""

    type: Literal["impostor"] = "impostor"
    says: str


HopMode = Annotated[
    Pass | Hold | Lag | Throttle | Silent | Refuse | Reset | Drop | Limit | Cut | Strip | Impostor,
    Field(discriminator="type"),
]
