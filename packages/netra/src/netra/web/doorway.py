"""What every request passes through: an id, the revision, a line in the log, limits, and a last answer to faults."""

import logging
import re
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netra.errors import TooLargeError
from netra.settings.logs import correlated
from netra.stores.postgres import FAILURES
from netra.telemetry.doors import UNMATCHED, Visited, route_of
from netra.web.errors import answer, store_failure, unexpected

LOG = logging.getLogger(__name__)
SOCKET = "/ws"
"""The one route that is no route of the router."""
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
NO_PATHS: Mapping[str, int] = MappingProxyType({})
ANSWERS = ("http.response.start", "websocket.http.response.start", "websocket.accept")


class Doorway:
    """Names each request, and says in the log how it went."""

    def __init__(self, app: ASGIApp, *, revision: str) -> None:
        """Stand before `app`."""
        self._app = app
        self._revision = revision

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _request_id(headers)
        told = Visited(cast("dict[str, Any]", scope), headers.get("traceparent", ""))
        with correlated(request_id=request_id), told.span:
            visit = _Visit(scope, told)

            async def send_named(message: Message) -> None:
                if message["type"] in ANSWERS:
                    answer_headers = MutableHeaders(scope=message)
                    answer_headers["X-Request-ID"] = request_id
                    answer_headers["X-Netra-Revision"] = self._revision
                    visit.answered(message)
                elif message["type"] == "websocket.close":
                    visit.code = message.get("code")
                await send(message)

            try:
                await self._app(scope, receive, send_named)
            finally:
                visit.ended()


class Guard:
    """Refuses bodies over the limit, and answers what nobody caught."""

    def __init__(self, app: ASGIApp, *, body_bytes: int, of_paths: Mapping[str, int] = NO_PATHS) -> None:
        """Let bodies of at most `body_bytes` through to `app`, at some paths of another size."""
        self._app = app
        self._limit = body_bytes
        self._of_paths = of_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; sockets have their own limits and their own last answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._of_paths.get(scope["path"], self._limit)
        started = False

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            _check_announced(scope, limit)
            await self._app(scope, _limited(receive, limit), send_noted)
        except TooLargeError as error:
            await answer(error)(scope, receive, send)
        except FAILURES as error:
            LOG.warning("a request failed at postgres", extra={"where": "postgres", "error": repr(error)})
            if not started:
                await answer(store_failure(error))(scope, receive, send)
        except Exception:
            LOG.exception("unexpected failure")
            if not started:
                await answer(unexpected())(scope, receive, send)


class _Visit:
    """One request as the log tells it."""

    def __init__(self, scope: Scope, told: Visited) -> None:
        self._scope = scope
        self._told = told
        self._began = time.perf_counter()
        self._status = 0
        self.code: int | None = None

    def answered(self, message: Message) -> None:
        """The answer begins; a socket's handshake is logged now, because the socket may last for hours."""
        self._status = 101 if message["type"] == "websocket.accept" else message["status"]
        self._told.answered(self._status, self._route())
        if message["type"] == "websocket.accept":
            LOG.info("handshake", extra=self._fields())

    def ended(self) -> None:
        """All is over."""
        if not self._status:
            self._told.answered(0, self._route())
        fields = self._fields()
        if self._scope["type"] == "http":
            LOG.info("request", extra=fields)
        elif self._status == 101:  # noqa: PLR2004 - switching protocols: the socket was open
            LOG.info("socket closed", extra=fields | {"code": self.code})
        else:
            LOG.info("handshake", extra=fields)

    def _route(self) -> str:
        if self._scope["type"] == "websocket":
            return SOCKET if self._scope["path"] == SOCKET else UNMATCHED
        return route_of(cast("dict[str, Any]", self._scope))

    def _fields(self) -> dict[str, Any]:
        scope = self._scope
        fields: dict[str, Any] = {
            "method": scope.get("method", "WEBSOCKET"),
            "path": scope["path"],
            "client": scope["client"][0] if scope.get("client") else "",
            "status": self._status,
            "ms": round((time.perf_counter() - self._began) * 1000, 2),
        }
        user = scope.get("state", {}).get("user_id")
        return fields | ({"user_id": user} if user else {})


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if GIVEN_ID.fullmatch(given) else uuid4().hex


def _check_announced(scope: Scope, limit: int) -> None:
    length = Headers(scope=scope).get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise TooLargeError(f"the body is over {limit} bytes", where="body")


def _limited(receive: Receive, limit: int) -> Receive:
    """Count a body that does not announce its length."""
    total = 0

    async def receive_counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            # The framework turns any other exception that reading raises into a 400.
            raise HTTPException(TooLargeError.status, f"the body is over {limit} bytes")
        return message

    return receive_counted
