"""The supervisor's control door on the loopback: answers one request a line to whoever knows the token."""

import asyncio
import hmac
import os
from collections.abc import Callable
from contextlib import suppress

from goldenpath.deploy.local.front import Backend, Front
from goldenpath.deploy.local.keeper import Keeper, KeeperError
from goldenpath.deploy.local.wire import (
    MAX_LINE,
    Answer,
    Down,
    Forward,
    Ready,
    Request,
    Restart,
    Send,
    Start,
    Status,
    Stop,
    decode_request,
    encode_answer,
)


class Control:
    """Does what is asked, with the children and the front door."""

    def __init__(self, keeper: Keeper, front: Front, *, token: str, end: Callable[[], None]) -> None:
        """Answer only with this token; `end` ends the supervisor."""
        self._keeper = keeper
        self._front = front
        self._token = token
        self._end = end
        self._retiring: dict[str, asyncio.Task[None]] = {}

    async def listen(self) -> int:
        """Listen on a free port of the loopback, and name it."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=MAX_LINE)
        return int(server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled when the supervisor ends; Python 3.11 would report that as a failure of the connection.
        with suppress(ConnectionError, asyncio.LimitOverrunError, ValueError, asyncio.CancelledError):
            while line := await reader.readline():
                writer.write(encode_answer(await self._answer(line)))
                await writer.drain()
        writer.close()

    async def _answer(self, line: bytes) -> Answer:
        try:
            request, token = decode_request(line)
        except (ValueError, KeyError, TypeError) as error:
            return Answer(error=f"not a request: {type(error).__name__}")
        if not hmac.compare_digest(token, self._token):
            return Answer(error="the token is not ours")
        try:
            await self._do(request)
        except (KeeperError, OSError) as error:
            return self._state(str(error))
        return self._state()

    async def _do(self, request: Request) -> None:
        match request:
            case Status():
                pass
            case Start():
                self._keeper.start(request.children)
            case Ready():
                self._keeper.note_ready(request.revision, request.component)
            case Stop():
                self._stay(request.revision)
                await self._keeper.stop(request.revision, request.component)
            case Restart():
                await self._keeper.restart(request.revision, request.component)
            case Send():
                self._keeper.send(request.component, request.pid, request.number)
            case Forward():
                await self._forward(request)
            case Down():
                await self._front.close()
                await self._keeper.stop_all()
                self._end()

    async def _forward(self, request: Forward) -> None:
        previous = self._front.backend
        self._stay(request.revision)
        backend = Backend(revision=request.revision, host=request.host, port=request.port)
        await self._front.lead(request.front, backend)
        if previous and previous.revision != request.revision:
            retire = self._retire(previous.revision, request.drain_s)
            self._retiring[previous.revision] = asyncio.create_task(retire)

    async def _retire(self, revision: str, drain_s: float) -> None:
        await self._front.drained(revision, drain_s)
        await self._keeper.stop(revision)
        self._retiring.pop(revision, None)

    def _stay(self, revision: str) -> None:
        """This revision is not to be retired after all."""
        if task := self._retiring.pop(revision, None):
            task.cancel()

    def _state(self, error: str = "") -> Answer:
        backend = self._front.backend
        return Answer(
            error=error,
            children=self._keeper.infos(),
            front_port=self._front.port,
            front_revision=backend.revision if backend else "",
            pid=os.getpid(),
        )
