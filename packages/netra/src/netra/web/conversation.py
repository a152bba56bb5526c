"""One open socket: frames in, frames out, and any number of runs followed meanwhile.

The reader never waits for a run: each followed run is a task of its own that fills the outbox. The conversation ends
when the client leaves, when its token expires, or when it stops reading; an idle one is a single task.
"""

import asyncio
import logging
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Any, assert_never, cast
from uuid import UUID

from starlette.websockets import WebSocket, WebSocketDisconnect

from netra.auth.principal import Claims, Scope
from netra.errors import ConflictError, NetraError, RateLimitedError
from netra.runs import cancel, read
from netra.runs.approvals import Decision, decide
from netra.settings.logs import correlated
from netra.stores.postgres import FAILURES
from netra.stores.waiting import end
from netra.telemetry import doors as told
from netra.telemetry.instruments import FRAMES_RECEIVED, SOCKETS_CLOSED, SOCKETS_OPEN
from netra.web.access import origin, require
from netra.web.asking import Message, ask
from netra.web.endings import ENDED, EXPIRED, FAULT, GONE, SLOW, Ending
from netra.web.errors import store_failure, unexpected
from netra.web.frames import (
    Approve,
    Cancel,
    ClientFrame,
    MessageAccepted,
    Ping,
    Pong,
    Ready,
    Resume,
    ServerFrame,
    UserMessage,
)
from netra.web.framing import LARGEST_FRAME_FACTOR, error_frame, parsed
from netra.web.outbox import Outbox, StalledError
from netra.web.services import Services

LOG = logging.getLogger(__name__)
MOST_FOLLOWED = 50
"""Runs followed by one socket at a time."""
CLOSE_S = 2.0
"""How long a close frame may wait behind what the client has not read."""


class Conversation:
    """Serves one client until it leaves."""

    def __init__(self, socket: WebSocket, services: Services, claims: Claims) -> None:
        """Speak over an accepted socket, on behalf of who opened it."""
        self._socket = socket
        self._services = services
        self._claims = claims
        self._principal = claims.principal
        self._outbox = Outbox(socket.send_text, services.timeouts.outbox_events, self._leave)
        self._followed: dict[UUID, asyncio.Task[None]] = {}
        self._reader: asyncio.Task[None] | None = None
        self._ending: Ending | None = None

    async def hold(self) -> None:
        """Serve until the end; the calling task is the reader."""
        self._reader = asyncio.current_task()
        SOCKETS_OPEN.add(1)
        left = (self._claims.expires_at - datetime.now(UTC)).total_seconds()
        expiry = asyncio.get_running_loop().call_later(left, self._end, EXPIRED)
        try:
            with self._services.identity.standing.watched(self._claims.session, lambda: self._end(ENDED)):
                await self._read_all()
        except WebSocketDisconnect:
            pass
        except asyncio.CancelledError:
            if self._reader is None or self._ending is None:
                raise
            self._reader.uncancel()
        except Exception:
            LOG.exception("unexpected failure")
            self._ending = FAULT
        finally:
            SOCKETS_OPEN.add(-1)
            SOCKETS_CLOSED.add("client" if self._ending is None else str(self._ending.code))
            # Whoever finds the connection gone from here on interrupts nothing.
            self._reader = None
            expiry.cancel()
            await end(*self._followed.values())
            await self._outbox.close()
        await self._close()

    async def _read_all(self) -> None:
        await self._say(
            Ready(
                revision=self._services.settings.revision,
                config_fingerprint=self._services.settings.fingerprint,
                user_id=self._principal.user_id,
                heartbeat_s=self._services.timeouts.heartbeat_s,
            )
        )
        # Said here too: a library that was waited for may swallow the interruption.
        while self._ending is None:
            await self._serve(await self._next_text())

    async def _next_text(self) -> str | None:
        """The next text message; None for a binary one."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text: str | None = message.get("text")
        return text

    async def _serve(self, text: str | None) -> None:
        """Serve one frame; whatever goes wrong with it is said in an `error` frame."""
        frame: ClientFrame | None = None
        try:
            frame = parsed(text, LARGEST_FRAME_FACTOR * self._services.timeouts.message_bytes)
            await self._dispatch(frame)
        except NetraError as error:
            if frame is None:
                FRAMES_RECEIVED.add("refused")
            await self._say(error_frame(error, frame))
        except FAILURES as error:
            LOG.warning("postgres did not serve", extra={"where": "postgres", "error": repr(error)})
            await self._say(error_frame(store_failure(error), frame))

    async def _dispatch(self, frame: ClientFrame) -> None:
        with told.frame(frame.type, cast("dict[str, Any]", self._socket.scope)):
            await self._act(frame)

    async def _act(self, frame: ClientFrame) -> None:
        match frame:
            case UserMessage():
                self._require("runs:write")
                await self._ask(frame)
            case Resume():
                self._require("runs:read")
                await self._check_owner(frame.run_id)
                await self._follow(frame.run_id, frame.after)
            case Cancel():
                self._require("runs:write")
                await self._cancel(frame.run_id)
            case Approve():
                self._require("approvals:write")
                await self._approve(frame)
            case Ping():
                await self._say(Pong())
            case _:
                assert_never(frame)

    def _require(self, scope: Scope) -> None:
        require(self._services, origin(self._socket), self._claims, scope)

    async def _ask(self, frame: UserMessage) -> None:
        self._check_room()
        message = Message(frame.content, frame.thread_id, frame.policy, frame.client_message_id)
        accepted, allowance = await ask(self._services, self._principal, message)
        await self._say(
            MessageAccepted(
                client_message_id=frame.client_message_id,
                thread_id=accepted.thread_id,
                message_id=accepted.message_id,
                run_id=accepted.run_id,
                limit=allowance,
            )
        )
        await self._follow(accepted.run_id, 0)

    async def _cancel(self, run_id: UUID) -> None:
        await self._check_owner(run_id)
        outcome = await cancel.request(self._services.pool, self._services.publisher, run_id, by="owner")
        if outcome == "ended":
            raise ConflictError("the run has ended", where="run_id")

    async def _approve(self, frame: Approve) -> None:
        decision = Decision(call_id=frame.call_id, approved=frame.approved, note=frame.note)
        await decide(self._services.pool, self._services.publisher, self._principal, frame.run_id, decision)

    async def _check_owner(self, run_id: UUID) -> None:
        await read.get(self._services.pool, self._principal, run_id)

    async def _follow(self, run_id: UUID, after: int) -> None:
        """Send the run's events; following it anew replaces the old place, so that nothing comes twice."""
        if before := self._followed.pop(run_id, None):
            await end(before)
        self._check_room()
        task = asyncio.create_task(self._pass_on(run_id, after))
        self._followed[run_id] = task
        task.add_done_callback(lambda done: self._forget(run_id, done))

    def _check_room(self) -> None:
        if len(self._followed) >= MOST_FOLLOWED:
            raise RateLimitedError(
                f"a socket follows at most {MOST_FOLLOWED} runs", retry_after=1.0, where="socket", hint="open another"
            )

    def _forget(self, run_id: UUID, task: "asyncio.Task[None]") -> None:
        if self._followed.get(run_id) is task:
            del self._followed[run_id]

    async def _pass_on(self, run_id: UUID, after: int) -> None:
        with correlated(run_id=str(run_id)):
            try:
                async with aclosing(self._services.feed.frames(run_id, after)) as frames:
                    async for frame in frames:
                        told.event_sent()
                        await self._outbox.put(frame.json.decode())
            except StalledError:
                self._end(SLOW)
            except Exception:
                LOG.exception("following a run failed")
                await self._say(error_frame(unexpected(), None, run_id))

    async def _say(self, frame: ServerFrame) -> None:
        try:
            await self._outbox.put(frame.model_dump_json())
        except StalledError:
            self._end(SLOW)

    def _end(self, ending: Ending) -> None:
        """End the conversation from outside the reader's own path."""
        if self._ending is None and self._reader is not None:
            self._ending = ending
            self._reader.cancel()

    def _leave(self) -> None:
        self._end(GONE)

    async def _close(self) -> None:
        """Close with a code; a client that reads nothing cannot receive one, and is simply left."""
        if self._ending is None or self._ending is GONE:
            return
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(CLOSE_S):
                await self._socket.close(self._ending.code, self._ending.reason)
