"""The tracer that exports: OpenTelemetry's SDK, set up from the contract alone.

Importing this costs a tenth of a second and some megabytes; only processes with a collector do.
"""

from collections.abc import Mapping
from contextvars import Token
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote
from uuid import uuid4

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from netra import __version__
from netra.settings.logs import correlation
from netra.settings.model import Settings
from netra.telemetry.spans import Attributes, Kind, Origin, Remote
from netra.telemetry.spool import MOST_WAITING, MOST_WITH_CONTENT, Spool

KINDS: dict[Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
LONGEST_TEXT = 16_384
"""Characters of one attribute; longer ones are cut, so that a batch stays a few megabytes at worst."""
LIMITS = {
    "max_span_attributes": 64,
    "max_events": 16,
    "max_links": 4,
    "max_event_attributes": 8,
    "max_link_attributes": 8,
    "max_attributes": 64,
    "max_attribute_length": LONGEST_TEXT,
    "max_span_attribute_length": LONGEST_TEXT,
}
"""Each is given: of those that are not, the SDK would read the environment."""


class Tracing:
    """Makes spans and exports them."""

    def __init__(self, settings: Settings, component: str) -> None:
        """Export to the collector of these settings, under the name `netra-<component>`."""
        told = settings.telemetry
        self.content = told.trace_content
        headers = told.collector_headers.get_secret_value() if told.collector_headers else ""
        most = MOST_WITH_CONTENT if told.trace_content else MOST_WAITING
        self._spool = Spool(f"{told.collector.rstrip('/')}/v1/traces", _pairs(headers), most=most)
        provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(told.trace_share)),
            resource=_resource(settings, component),
            shutdown_on_exit=False,
            span_limits=SpanLimits(**LIMITS),
        )
        provider.add_span_processor(self._spool)
        self._tracer = provider.get_tracer("netra", __version__)

    def open(self, name: str, origin: Origin, attributes: Attributes) -> "RecordedSpan":
        """A span that begins now."""
        above = contexts.Context() if origin.alone else None
        if origin.parent:
            above = trace.set_span_in_context(NonRecordingSpan(_context(origin.parent)), above)
        return RecordedSpan(self._tracer.start_span(name, above, KINDS[origin.kind], attributes))

    def traceparent(self) -> str:
        """The span within which this is asked; empty outside of any."""
        here = trace.get_current_span().get_span_context()
        if not here.is_valid:
            return ""
        return f"00-{here.trace_id:032x}-{here.span_id:016x}-{int(here.trace_flags):02x}"

    def close(self) -> None:
        """Export what waits, for a second or two at most."""
        self._spool.close()


class RecordedSpan:
    """A span of the SDK."""

    def __init__(self, made: trace.Span) -> None:
        """Wrap one that has begun."""
        self._made = made
        self._inside: tuple[Token[contexts.Context], Token[Mapping[str, str]]] | None = None

    def __enter__(self) -> Self:
        """Be the parent of what begins within, and name the trace on each line of the log."""
        trace_id = f"{self._made.get_span_context().trace_id:032x}"
        said = correlation.set({**correlation.get({}), "trace_id": trace_id})
        self._inside = (contexts.attach(trace.set_span_in_context(self._made)), said)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        """End; the text of an exception may hold anything, so only its class is kept."""
        if kind is not None:
            self.failed(kind.__name__)
        if self._inside is not None:
            contexts.detach(self._inside[0])
            correlation.reset(self._inside[1])
        self.end()

    def rename(self, name: str) -> None:
        """Its name is known only now."""
        self._made.update_name(name)

    def note(self, attributes: Attributes) -> None:
        """Add what is known only now."""
        self._made.set_attributes(attributes)

    def failed(self, reason: str) -> None:
        """It failed for this reason."""
        self._made.set_status(Status(StatusCode.ERROR))
        self._made.set_attribute("error.type", reason)

    def end(self) -> None:
        """End; once is enough."""
        if self._made.is_recording():
            self._made.end()


def _context(parent: Remote) -> SpanContext:
    return SpanContext(int(parent.trace_id, 16), int(parent.span_id, 16), True, TraceFlags(int(parent.sampled)))  # noqa: FBT003


def _resource(settings: Settings, component: str) -> Resource:
    attributes: dict[str, Any] = {
        "service.name": f"netra-{component}",
        "service.namespace": "netra",
        "service.version": __version__,
        "service.instance.id": uuid4().hex,
        "deployment.environment.name": settings.environment,
        "netra.revision": settings.revision,
    }
    return Resource(attributes)


def _pairs(headers: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in headers.split(",") if pair)
    return {name: unquote(value) for name, _, value in pairs}
