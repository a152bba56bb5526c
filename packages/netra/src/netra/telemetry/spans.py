"""Traces: a span around whatever is done, exported when a collector is named, and next to nothing otherwise.

Everyone opens spans through this module, which knows no library: OpenTelemetry is loaded by `netra.telemetry.tracing`
and only in a process that exports. Without it the caller's `traceparent` still goes along, into the log and into the
run's row, so that the lines of both processes can be found by it.
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Literal, NamedTuple, Protocol, Self

from netra.settings.logs import correlation

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Attribute = str | int | float | bool | tuple[str, ...]
Attributes = Mapping[str, Attribute]
NONE: Attributes = {}
TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
"""W3C Trace Context, section 3.2: later versions may append fields."""


class Remote(NamedTuple):
    """A span of another process, as its `traceparent` names it."""

    trace_id: str
    span_id: str
    sampled: bool


class Origin(NamedTuple):
    """What a span comes from: another process, nothing if it is `alone`, else what is being done."""

    kind: Kind
    parent: Remote | None
    alone: bool


class Span(Protocol):
    """Something that is done, for the length of a `with` block; also the parent of what begins within."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        """End; an exception makes it a failure, of which only the class is kept."""
        ...

    def rename(self, name: str) -> None:
        """Its name is known only now."""
        ...

    def note(self, attributes: Attributes) -> None:
        """Add what is known only now."""
        ...

    def failed(self, reason: str) -> None:
        """It failed for this reason, a word of a bounded list."""
        ...

    def end(self) -> None:
        """End one that was begun without a block."""
        ...


class Tracer(Protocol):
    """Makes spans; `netra.telemetry.tracing` has the one that exports."""

    content: bool
    """Whether spans may hold what people, models and tools said."""

    def open(self, name: str, origin: "Origin", attributes: Attributes) -> Span:
        """A span that begins now."""
        ...

    def traceparent(self) -> str:
        """The span within which this is asked; empty outside of any."""
        ...


class _Nothing:
    """A span of which nobody hears."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        return None

    def rename(self, name: str) -> None:
        pass

    def note(self, attributes: Attributes) -> None:
        pass

    def failed(self, reason: str) -> None:
        pass

    def end(self) -> None:
        pass


class _Passed(_Nothing):
    """Another process's trace, which goes through this one unrecorded."""

    def __init__(self, traceparent: str, trace_id: str) -> None:
        self._traceparent = traceparent
        self._trace_id = trace_id
        self._tokens: tuple[Token[str], Token[Mapping[str, str]]] | None = None

    def __enter__(self) -> Self:
        said = correlation.set({**correlation.get({}), "trace_id": self._trace_id})
        self._tokens = (_passing.set(self._traceparent), said)
        return self

    def __exit__(self, *failure: object) -> None:
        if self._tokens is not None:
            _passing.reset(self._tokens[0])
            correlation.reset(self._tokens[1])


NOTHING: Span = _Nothing()
_passing: ContextVar[str] = ContextVar("traceparent", default="")


class _Chosen:
    """The tracer of this process; none until `use`."""

    tracer: Tracer | None = None


def use(tracer: Tracer | None) -> None:
    """Have this tracer make all spans from now on; None: nobody."""
    _Chosen.tracer = tracer


def span(name: str, attributes: Attributes = NONE, *, kind: Kind = "internal", parent: str | None = None) -> Span:
    """Something that is done, as part of what is being done.

    With `parent` it is part of what another process does, whose traceparent this is; without a good one it is alone.
    """
    remote = parsed(parent) if parent else None
    if _Chosen.tracer is not None:
        return _Chosen.tracer.open(name, Origin(kind, remote, alone=parent is not None), attributes)
    return NOTHING if remote is None else _Passed(parent or "", remote.trace_id)


def parsed(traceparent: str) -> Remote | None:
    """What a `traceparent` says; None for one that is not well-formed, which counts as none."""
    found = TRACEPARENT.fullmatch(traceparent)
    return Remote(found[1], found[2], bool(int(found[3], 16) & 1)) if found else None


def traceparent() -> str:
    """What another process is told, so that its spans go below this one; empty outside of any trace."""
    return _Chosen.tracer.traceparent() if _Chosen.tracer is not None else _passing.get()


def content() -> bool:
    """Whether spans may hold what people, models and tools said."""
    return _Chosen.tracer is not None and _Chosen.tracer.content
