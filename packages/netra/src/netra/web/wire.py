"""What a connection may cost before anybody is known: heads and bodies that trickle, readers that take nothing.

uvicorn bounds none of these by itself; its parser (llhttp) refuses what proxies and servers could read differently.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from netra.errors import ErrorBody, InvalidError, NetraError, TooLargeError, render
from netra.settings.timeouts import Timeouts

LOG = logging.getLogger(__name__)
PIECE_BYTES = 1024 * 1024
"""A body that goes on for longer than its time must bring this much in each of it: a file of a gigabyte may come over
a slow network, a body that trickles may not."""
HEAD_BYTES = 32 * 1024
"""A token, cookies and a proxy's additions fit many times."""
LINGER_S = 5.0
"""How long a connection that is over may wait for its peer to take the last bytes."""


class Refusal(NamedTuple):
    """An answer to what is not a request yet."""

    status: int
    error: NetraError


MALFORMED = Refusal(400, InvalidError("this is not a request of HTTP/1.1", where="head"))
NO_HOST = Refusal(400, InvalidError("send the Host header exactly once", where="head"))
TOO_LONG = Refusal(431, TooLargeError(f"the head is over {HEAD_BYTES} bytes", where="head"))
TOO_SLOW = Refusal(408, InvalidError("the request did not arrive in time", where="request", hint="send it at once"))


class RefusedHeadError(Exception):
    """Ends the parsing of a head; the protocol knows the answer."""


class Deadline:
    """One timer that is set anew for each phase of a connection."""

    def __init__(self, expired: Callable[[], None]) -> None:
        """Call `expired` when a phase took too long."""
        self._expired = expired
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """The phase that begins now may take this long."""
        self.clear()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._expired)

    def clear(self) -> None:
        """Nothing is waited for."""
        if self._timer:
            self._timer.cancel()
            self._timer = None


class Http(HttpToolsProtocol):
    """Requests with a deadline for their head, their body, and their reader."""

    timeouts = Timeouts()

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as uvicorn's own
        """Wait for the first head."""
        super().connection_made(transport)
        self._refusal = MALFORMED
        self._head_bytes = 0
        self._body_bytes = 0
        self._in_head = True
        self._arrived = False
        self._arrival = Deadline(self._late)
        self._reading = Deadline(self._stalled)
        self._arrival.set(self.timeouts.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._arrival.clear()
        self._reading.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse; a header that never ends is counted too."""
        before = self._in_head
        super().data_received(data)
        if before and self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > 2 * HEAD_BYTES:
                self._refusal = TOO_LONG
                self.send_400_response("")

    def on_message_begin(self) -> None:
        """The next head begins."""
        self._head_bytes = 0
        self._in_head = True
        self._arrived = False
        self._arrival.set(self.timeouts.head_s)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The body's time begins; raises when it is unclear which host is meant."""
        hosts = sum(name == b"host" for name, _ in self.headers)
        old = self.parser is not None and self.parser.get_http_version() != "1.1"
        if hosts > 1 or (hosts == 0 and not old):
            self._refuse(NO_HOST)
        self._in_head = False
        self._body_bytes = 0
        self._arrival.set(self.timeouts.body_s)
        super().on_headers_complete()
        if self.pipeline:
            # Nothing is read before the answer to the request ahead is complete.
            self._arrival.clear()

    def on_body(self, body: bytes) -> None:
        """A large body has its time for each piece."""
        self._body_bytes += len(body)
        if self._body_bytes >= PIECE_BYTES and not self.pipeline:
            self._body_bytes = 0
            self._arrival.set(self.timeouts.body_s)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is here."""
        self._arrived = True
        self._arrival.clear()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The next request, or the rest of this one, may come."""
        super().on_response_complete()
        if not self._arrived and not self._in_head and not self.transport.is_closing():
            self._arrival.set(self.timeouts.body_s)

    def handle_websocket_upgrade(self) -> None:
        """The socket has its own limits, and lives for hours: nothing of this protocol stays with it."""
        self._arrival.clear()
        super().handle_websocket_upgrade()
        self.parser = None
        del self._arrival, self._reading

    def send_400_response(self, msg: str) -> None:
        """Answer in the one shape of errors, and close."""
        del msg
        self._arrival.clear()
        refusal, self._refusal = self._refusal, MALFORMED
        body = orjson.dumps({"error": {**_body(refusal.error), "request_id": ""}})
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[refusal.status] + head + body)
        self.transport.close()

    def pause_writing(self) -> None:
        """The reader is slow; a stream waits for it, but not for ever."""
        self._reading.set(self.timeouts.body_s)
        super().pause_writing()

    def resume_writing(self) -> None:
        """The reader reads."""
        self._reading.clear()
        super().resume_writing()

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES:
            self._refuse(TOO_LONG)

    def _refuse(self, refusal: Refusal) -> None:
        self._refusal = refusal
        raise RefusedHeadError

    def _late(self) -> None:
        if self.transport.is_closing():
            return
        LOG.info("a request did not arrive in time", extra={"client": self.client[0] if self.client else ""})
        self._refusal = TOO_SLOW
        answering = self.cycle and not self.cycle.response_complete
        if answering and (self._in_head or self.pipeline or self.cycle.response_started):
            # An answer in the middle of another one would be read as its part.
            self.transport.abort()
        else:
            self.send_400_response("")

    def _stalled(self) -> None:
        LOG.info("a reader stopped reading", extra={"client": self.client[0] if self.client else ""})
        self.transport.abort()


class Socket(WebSocketsSansIOProtocol):
    """A WebSocket that does not outlive its conversation because its peer takes nothing."""

    def start_keepalive(self) -> None:
        """The handshake is over: what it was made of, the token above all, is kept no longer."""
        super().start_keepalive()
        self.scope["headers"] = []
        self.scope["subprotocols"] = []
        del self.response, self.request

    def keepalive_timeout(self) -> None:
        """No pong came: say so, and wait no longer than for a closed connection."""
        super().keepalive_timeout()
        self._abort_soon()

    async def send(self, message: Any) -> None:
        """Send; a refusal completes the handshake too, which uvicorn would report as an error of the application."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """The conversation is over."""
        super().on_task_complete(task)
        if not self.disconnected:
            self._abort_soon()

    def _abort_soon(self) -> None:
        self.loop.call_later(LINGER_S, self.transport.abort)


def http_with(timeouts: Timeouts) -> type[Http]:
    """The protocol with these deadlines; uvicorn makes one for each connection."""
    return type("Http", (Http,), {"timeouts": timeouts})


def _body(error: NetraError) -> dict[str, Any]:
    body: ErrorBody = render(error)
    return body.model_dump()
