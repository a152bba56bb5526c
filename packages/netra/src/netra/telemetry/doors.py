"""Requests, sockets and messages as metrics and spans tell them."""

import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from netra.errors import NetraError, render
from netra.telemetry import spans
from netra.telemetry.families import OTHER
from netra.telemetry.instruments import FIRST_EVENT, FRAMES_RECEIVED, HTTP_REQUESTS, HTTP_SECONDS, MESSAGES
from netra.telemetry.spans import Span

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
WATCHED = frozenset({"/health/live", "/health/ready", "/api/health", "/metrics"})
"""Asked for by machines every few seconds, and of no interest in a trace."""
UNMATCHED = "unmatched"
"""The route of a request that none serves: its path is the caller's invention."""
FIRST_FAULT = 500
WRONG_METHOD = 405

P = ParamSpec("P")
R = TypeVar("R")
Scope = dict[str, Any]
_asked: ContextVar[float] = ContextVar("asked", default=0.0)
"""When the message came whose run is followed."""


class Visited:
    """One request or handshake, from its first line to the beginning of its answer."""

    def __init__(self, scope: Scope, traceparent: str) -> None:
        """It has come; `traceparent` is what its sender says."""
        self._scope = scope
        self._began = time.perf_counter()
        method = "WEBSOCKET" if scope["type"] == "websocket" else scope["method"]
        self._method = method if method in {*METHODS, "WEBSOCKET"} else OTHER
        scope.setdefault("state", {})["traceparent"] = traceparent
        attributes = {"http.request.method": scope.get("method", "GET"), "url.path": scope["path"]}
        self.span: Span = spans.NOTHING
        if scope["path"] not in WATCHED:
            self.span = spans.span(self._method, attributes, kind="server", parent=traceparent)

    def answered(self, status: int, route: str) -> None:
        """The answer begins; of a socket that is all, since it may last for hours."""
        # A route's refused methods are one series: a caller may invent as many as there are names.
        method = OTHER if status == WRONG_METHOD else self._method
        HTTP_REQUESTS.add(method, route, str(status))
        HTTP_SECONDS.observe(time.perf_counter() - self._began, method, route)
        self.span.rename(f"{self._scope.get('method', 'GET')} {route}")
        self.span.note({"http.route": route, "http.response.status_code": status})
        if status >= FIRST_FAULT or not status:
            self.span.failed(str(status))
        if user := self._scope["state"].get("user_id"):
            self.span.note({"user.id": user})
        if self._scope["type"] == "websocket":
            self.span.end()


def route_of(scope: Scope) -> str:
    """The template of the route that serves this, never its path."""
    template: str | None = getattr(scope.get("route"), "path", None)
    return template or UNMATCHED


@contextmanager
def frame(kind: str, scope: Scope) -> Generator[None]:
    """A frame is served for the length of the block: a trace of its own, or part of what the client named."""
    FRAMES_RECEIVED.add(kind)
    if kind == "ping":
        yield
        return
    token = _asked.set(time.perf_counter() if kind == "user_message" else 0.0)
    try:
        with spans.span(f"/ws {kind}", {"netra.frame.type": kind}, kind="server", parent=_client(scope)):
            yield
    finally:
        _asked.reset(token)


def event_sent() -> None:
    """An event goes out; the first after a message on a socket says how long its sender waited."""
    if asked := _asked.get():
        FIRST_EVENT.observe(time.perf_counter() - asked)
        _asked.set(0.0)


def counted(accept: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Count the outcome of accepting a message."""

    @wraps(accept)
    async def accepted(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            result = await accept(*args, **kwargs)
        except NetraError as error:
            MESSAGES.add(render(error).code)
            raise
        MESSAGES.add("accepted")
        return result

    return accepted


def _client(scope: Scope) -> str:
    traceparent: str = scope.get("state", {}).get("traceparent", "")
    return traceparent
