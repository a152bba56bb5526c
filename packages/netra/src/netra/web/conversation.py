"""One open socket: frames in, frames out, and any number of runs followed meanwhile.

The reader never waits for a run: each followed run is a task of its own that fills the outbox, and one more task
empties it. The conversation ends when the client leaves, when its token expires, or when it stops reading.
"""

import asyncio
import logging
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import assert_never
from uuid import UUID

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from netra.auth.principal import Claims
from netra.errors import ConflictError, InvalidError, NetraError, RateLimitedError, TooLargeError, render
from netra.runs import cancel, read
from netra.settings.logs import correlated
from netra.stores.postgres import FAILURES
from netra.web.asking import ask
from netra.web.errors import first_problem, store_failure, unexpected
from netra.web.frames import (
    CLIENT_FRAMES,
    Cancel,
    ClientFrame,
    ErrorFrame,
    MessageAccepted,
    Ping,
    Pong,
    Ready,
    Resume,
    ServerFrame,
    UserMessage,
)
from netra.web.outbox import Outbox, StalledError
from netra.web.services import Services

LOG = logging.getLogger(__name__)
MOST_FOLLOWED = 50
"""Runs followed by one socket at a time."""
CLOSE_S = 2.0
"""How long a close frame may wait behind what the client has not read."""
EXPIRED = 4001
"""Close code: the access token has expired; refresh it, connect again and resume."""
FAULT = 1011
"""Close code: a fault of the service."""
SLOW = 4008
"""Close code: the client did not keep up; connect again and resume."""


class Conversation:
    """Serves one client until it leaves."""

    def __init__(self, socket: WebSocket, services: Services, claims: Claims) -> None:
        """Speak over an accepted socket, on behalf of who opened it."""
        self._socket = socket
        self._services = services
        self._principal = claims.principal
        self._expires_at = claims.expires_at
        self._outbox = Outbox(socket.send_text, services.timeouts.outbox_events)
        self._followed: dict[UUID, asyncio.Task[None]] = {}
        self._ending: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    async def hold(self) -> None:
        """Serve until the end."""
        loop = asyncio.get_running_loop()
        left = (self._expires_at - datetime.now(UTC)).total_seconds()
        expiry = loop.call_later(left, self._end, EXPIRED, "the access token has expired: refresh, connect, resume")
        tasks = [asyncio.create_task(self._read_all()), asyncio.create_task(self._outbox.drain())]
        try:
            await asyncio.wait([*tasks, self._ending], return_when="FIRST_COMPLETED")
        finally:
            expiry.cancel()
            await _ended([*tasks, *self._followed.values()])
        failures = [task.exception() for task in tasks if not task.cancelled()]
        for failure in failures:
            if failure is not None and not isinstance(failure, WebSocketDisconnect):
                LOG.error("unexpected failure", exc_info=failure)
                self._end(FAULT, "this is a fault of the service: connect again and resume")
        if self._ending.done():
            await self._close(*self._ending.result())

    async def _read_all(self) -> None:
        await self._say(
            Ready(
                revision=self._services.settings.revision,
                config_fingerprint=self._services.settings.fingerprint,
                user_id=self._principal.user_id,
                heartbeat_s=self._services.timeouts.heartbeat_s,
            )
        )
        with suppress(WebSocketDisconnect):
            while True:
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
            frame = parsed(text, self._services.timeouts.message_bytes)
            await self._dispatch(frame)
        except NetraError as error:
            await self._say(_error(error, frame))
        except FAILURES as error:
            LOG.warning("postgres did not serve", extra={"where": "postgres", "error": repr(error)})
            await self._say(_error(store_failure(error), frame))

    async def _dispatch(self, frame: ClientFrame) -> None:
        match frame:
            case UserMessage():
                await self._ask(frame)
            case Resume():
                await self._check_owner(frame.run_id)
                await self._follow(frame.run_id, frame.after)
            case Cancel():
                await self._cancel(frame.run_id)
            case Ping():
                await self._say(Pong())
            case _:
                assert_never(frame)

    async def _ask(self, frame: UserMessage) -> None:
        self._check_room()
        accepted, _ = await ask(self._services, self._principal, frame.content, frame.thread_id, frame.policy)
        await self._say(
            MessageAccepted(
                client_message_id=frame.client_message_id,
                thread_id=accepted.thread_id,
                message_id=accepted.message_id,
                run_id=accepted.run_id,
            )
        )
        await self._follow(accepted.run_id, 0)

    async def _cancel(self, run_id: UUID) -> None:
        await self._check_owner(run_id)
        outcome = await cancel.request(self._services.pool, self._services.publisher, run_id, by="owner")
        if outcome == "ended":
            raise ConflictError("the run has ended", where="run_id")

    async def _check_owner(self, run_id: UUID) -> None:
        await read.get(self._services.pool, self._principal, run_id)

    async def _follow(self, run_id: UUID, after: int) -> None:
        """Send the run's events; following it anew replaces the old place, so that nothing comes twice."""
        if before := self._followed.pop(run_id, None):
            await _ended([before])
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
                        await self._outbox.put(frame.json.decode())
            except StalledError:
                self._end(SLOW, "too slow: connect again and resume")
            except Exception:
                LOG.exception("following a run failed")
                await self._say(_error(unexpected(), None, run_id))

    async def _say(self, frame: ServerFrame) -> None:
        try:
            await self._outbox.put(frame.model_dump_json())
        except StalledError:
            self._end(SLOW, "too slow: connect again and resume")

    def _end(self, code: int, reason: str) -> None:
        if not self._ending.done():
            self._ending.set_result((code, reason))

    async def _close(self, code: int, reason: str) -> None:
        """Close with a code; a client that reads nothing cannot receive one, and is simply left."""
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(CLOSE_S):
                await self._socket.close(code, reason)


def parsed(text: str | None, limit: int) -> ClientFrame:
    """The frame in a text message; raises InvalidError or TooLargeError that say what is wrong with it."""
    if text is None:
        raise InvalidError("send frames as text", where="frame", hint="binary messages are not read")
    if len(text.encode()) > limit:
        raise TooLargeError(f"the frame is over {limit} bytes", where="frame", hint="send less text")
    try:
        return CLIENT_FRAMES.validate_json(text)
    except ValidationError as error:
        raise first_problem(error.errors(include_input=False, include_url=False)) from None


async def _ended(tasks: "list[asyncio.Task[None]]") -> None:
    """Cancel the tasks and wait until they are gone."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _error(error: NetraError, frame: ClientFrame | None, run_id: UUID | None = None) -> ErrorFrame:
    if isinstance(frame, (Resume, Cancel)):
        run_id = frame.run_id
    client_message_id = frame.client_message_id if isinstance(frame, UserMessage) else None
    return ErrorFrame(**render(error).model_dump(), client_message_id=client_message_id, run_id=run_id)
