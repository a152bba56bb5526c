"""The front door: a TCP forwarder from one stable port to the live revision, switched without losing a request.

After a switch new connections go to the new revision. An old connection stays where it is while an answer may be
on its way; when its client asks the next thing, it is carried over. A connection that was upgraded (a socket) is
never carried over: it stays until the old revision ends it.
"""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass

CONNECT_S = 5.0
HIGH_WATER = 256 * 1024
"""Bytes held for a revision that does not take them yet, before its client is made to wait."""
REQUEST_LINE = re.compile(rb"[A-Z]{3,10} [^ \r\n]{1,8192} HTTP/1\.[01]\r\n")


@dataclass(frozen=True, kw_only=True)
class Backend:
    """Where a revision listens."""

    revision: str
    host: str
    port: int


class Front:
    """The listening port and every connection through it."""

    def __init__(self) -> None:
        """Listen nowhere, lead nowhere."""
        self.backend: Backend | None = None
        self.port = 0
        self.clients: set[Client] = set()
        self.moved = asyncio.Event()
        """A connection has gone, or has been carried over."""
        self._server: asyncio.Server | None = None

    async def lead(self, port: int, backend: Backend) -> None:
        """Listen on this port, and lead to this backend from now on; raises OSError when the port is taken."""
        self.backend = backend
        if port != self.port:
            await self.close()
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: Client(self), "127.0.0.1", port)
            self.port = port

    async def drained(self, revision: str, within_s: float) -> None:
        """Return when no connection uses this revision any more, at the latest after this time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while any(client.uses(revision) for client in self.clients):
                    self.moved.clear()
                    await self.moved.wait()

    async def close(self) -> None:
        """Stop listening and close every connection."""
        if self._server:
            self._server.close()
        for client in list(self.clients):
            client.abort()
        self._server, self.port = None, 0


class Client(asyncio.Protocol):
    """One accepted connection."""

    def __init__(self, front: Front) -> None:
        """Belong to this front."""
        self._front = front
        self._transport: asyncio.Transport | None = None
        self._upstream: Upstream | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody came: connect to the live revision."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(transport)
        self._transport = transport
        self._front.clients.add(self)
        self._connect()

    def data_received(self, data: bytes) -> None:
        """Pass on what the client says, to the live revision if this begins a new request."""
        upstream = self._upstream
        if upstream and upstream.may_leave and upstream.backend != self._front.backend and REQUEST_LINE.match(data):
            upstream.leave()
            self._connect()
            self._front.moved.set()
        if self._upstream:
            self._upstream.send(data)

    def eof_received(self) -> bool:
        """Let the client close its half: an answer may still be on its way."""
        self._ended = True
        if self._upstream:
            self._upstream.end()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        del exc
        self._front.clients.discard(self)
        self._front.moved.set()
        if self._connecting:
            self._connecting.cancel()
        if self._upstream:
            self._upstream.leave()

    def pause_writing(self) -> None:
        """The client reads slower than the revision writes."""
        if self._upstream:
            self._upstream.pause()

    def resume_writing(self) -> None:
        """The client has caught up."""
        if self._upstream:
            self._upstream.resume()

    def uses(self, revision: str) -> bool:
        """Whether this connection leads to that revision."""
        return self._upstream is not None and self._upstream.backend.revision == revision

    def abort(self) -> None:
        """Close at once."""
        if self._transport:
            self._transport.abort()

    def answer(self, data: bytes) -> None:
        """Pass on what the revision says."""
        if self._transport:
            self._transport.write(data)

    def hold(self, *, full: bool) -> None:
        """The revision takes no more for now, or again."""
        if self._transport and not self._transport.is_closing():
            (self._transport.pause_reading if full else self._transport.resume_reading)()

    def finish(self) -> None:
        """The revision has ended the connection: so do we, once everything is written."""
        if self._transport:
            self._transport.close()

    def _connect(self) -> None:
        backend = self._front.backend
        if backend is None:
            self.abort()
            return
        self._upstream = Upstream(self, backend)
        self._connecting = asyncio.get_running_loop().create_task(self._open(self._upstream))

    async def _open(self, upstream: "Upstream") -> None:
        loop, backend = asyncio.get_running_loop(), upstream.backend
        try:
            async with asyncio.timeout(CONNECT_S):
                await loop.create_connection(lambda: upstream, backend.host, backend.port)
        except (OSError, TimeoutError):
            self.abort()
            return
        if self._ended:
            upstream.end()


class Upstream(asyncio.Protocol):
    """The connection to a revision on behalf of one client."""

    def __init__(self, client: Client, backend: Backend) -> None:
        """Lead to this backend; what is sent before it answers the call is kept."""
        self.backend = backend
        self.may_leave = False
        """Whether the revision has spoken since the client last did: then new words begin a new request."""
        self._client: Client | None = client
        self._transport: asyncio.Transport | None = None
        self._waiting: list[bytes] = []
        self._tunnel = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected: send what waits."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(transport)
        self._transport = transport
        if self._client is None:
            transport.abort()
            return
        if self._waiting:
            transport.writelines(self._waiting)
            self._waiting.clear()
        self._client.hold(full=False)

    def data_received(self, data: bytes) -> None:
        """Pass on what the revision says."""
        self._tunnel = self._tunnel or data.startswith((b"HTTP/1.1 101", b"HTTP/1.0 101"))
        self.may_leave = not self._tunnel and not data.startswith(b"HTTP/1.1 100")
        if self._client:
            self._client.answer(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """The revision has hung up."""
        if self._client is None:
            return
        (self._client.abort if exc else self._client.finish)()

    def pause_writing(self) -> None:
        """The revision reads slower than the client writes."""
        if self._client:
            self._client.hold(full=True)

    def resume_writing(self) -> None:
        """The revision has caught up."""
        if self._client:
            self._client.hold(full=False)

    def send(self, data: bytes) -> None:
        """Pass on what the client says."""
        self.may_leave = False
        if self._transport:
            self._transport.write(data)
            return
        self._waiting.append(data)
        if self._client and sum(map(len, self._waiting)) > HIGH_WATER:
            self._client.hold(full=True)

    def end(self) -> None:
        """The client has said its last word."""
        if self._transport and self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()

    def leave(self) -> None:
        """Hang up without telling the client."""
        self._client = None
        if self._transport:
            self._transport.abort()

    def pause(self) -> None:
        """Read nothing for now."""
        if self._transport and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport and not self._transport.is_closing():
            self._transport.resume_reading()
