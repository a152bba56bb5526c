"""People who ask, lose their connection again and again, and keep exactly what they were sent."""

import asyncio
import json
import random
import socket
import struct
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp

STUCK_S = 30.0
"""Without any event for so long, whatever was cut, a run is stuck."""
ACCEPT_S = 60.0
BACK_S = 0.1
CUT_AFTER = 25
"""At most so many events come over one connection before it is cut."""
UNACCEPTED = 0.1
"""How often a connection is cut before its message was accepted."""
RESET = struct.pack("ii", 1, 0)
TERMINAL = ("agent_failed", "run_cancelled")
EXPIRED = 4001
PASSWORD = "a password for this program only"  # noqa: S105 - it opens nothing but the databases made here


class CutError(Exception):
    """This end dropped the connection."""


@dataclass(kw_only=True)
class Ask:
    """One message, and all that came of it."""

    content: str
    token: str = field(default_factory=lambda: uuid4().hex)
    thread_id: str | None = None
    run_id: str | None = None
    by_socket: bool = True
    """Through which door it is said; it is followed through both."""
    after: "Ask | None" = None
    """Said before in the same thread, and perhaps still being answered."""
    received: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    ended: bool = False
    stuck: str = ""
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    known: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the run has an id."""

    @property
    def seen(self) -> int:
        """The highest seq so far."""
        return self.received[-1]["seq"] if self.received else 0

    def take(self, event: dict[str, Any]) -> None:
        """Note an event; what does not follow the one before is counted, and not mended."""
        seq = event["seq"]
        if seq <= self.seen:
            before = any(known["seq"] == seq for known in self.received)
            self.duplicated += before
            self.reordered += not before
            return
        self.lost += seq - self.seen - 1
        self.received.append(event)
        self.ended = event["type"] in TERMINAL or (event["type"] == "agent_completed" and event["data"]["final"])


@dataclass(kw_only=True)
class Person:
    """An account that asks until told to stop."""

    addresses: Sequence[str]
    rng: random.Random
    cuts: Counter[str]
    seen_closes: Counter[int]
    asked: list[Ask] = field(default_factory=list[Ask])
    email: str = field(default_factory=lambda: f"c-{uuid4().hex[:12]}@example.com")
    token: str = ""
    calm: bool = False
    """Cut nothing any more."""

    async def register(self) -> None:
        """Make the account."""
        login = {"email": self.email, "password": PASSWORD}
        async with (
            aiohttp.ClientSession(self.addresses[0], raise_for_status=True) as http,
            http.post("/api/auth/register", json=login),
        ):
            pass

    async def log_in(self) -> None:
        """Get a token for the next quarter of an hour, at whichever address answers."""
        while True:
            try:
                login = {"email": self.email, "password": PASSWORD}
                async with (
                    aiohttp.ClientSession(self._address(), raise_for_status=True) as http,
                    http.post("/api/auth/login", json=login) as answer,
                ):
                    self.token = (await answer.json())["access_token"]
            except (aiohttp.ClientError, OSError, TimeoutError):
                await asyncio.sleep(BACK_S * 5)
            else:
                return

    async def live(self, stop: asyncio.Event) -> None:
        """Ask one question after the other; now and then a second one while the first is being answered."""
        await self.log_in()
        while not stop.is_set():
            first = self._ask()
            following = [asyncio.create_task(self.follow(first))]
            if self.rng.random() < 0.3:  # noqa: PLR2004 - now and then
                second = self._ask()
                second.after = first
                following.append(asyncio.create_task(self._follow_up(first, second)))
            await asyncio.gather(*following)

    def _ask(self) -> Ask:
        made = Ask(content="", by_socket=self.rng.random() < 0.7)  # noqa: PLR2004 - most people
        made.content = f"{made.token} what did it cost? words={self.rng.randint(10, 60)}"
        self.asked.append(made)
        return made

    async def _follow_up(self, first: Ask, second: Ask) -> None:
        await first.known.wait()
        second.thread_id = first.thread_id
        await self.follow(second)

    async def follow(self, ask: Ask) -> None:
        """Connect, and connect again, until the run's last event is here or nothing comes any more."""
        moved = asyncio.get_running_loop().time()
        while not ask.ended:
            before = len(ask.received)
            try:
                async with asyncio.timeout(STUCK_S):
                    by_socket = self.rng.random() < 0.6 if ask.run_id else ask.by_socket  # noqa: PLR2004
                    await (self._over_socket(ask) if by_socket else self._over_stream(ask))
            except CutError:
                pass
            except (aiohttp.ClientError, OSError, TimeoutError, EOFError):
                await asyncio.sleep(BACK_S)
            now = asyncio.get_running_loop().time()
            moved = now if len(ask.received) > before else moved
            if now - moved > (STUCK_S if ask.run_id else ACCEPT_S) * (2 if ask.after else 1):
                ask.stuck = f"nothing for {now - moved:.0f} s after seq {ask.seen}"
                ask.known.set()
                return

    def _address(self) -> str:
        return self.rng.choice(list(self.addresses))

    def _limit(self) -> int:
        """How many events until the connection is cut."""
        return 2**31 if self.calm else self.rng.randint(1, CUT_AFTER)

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[aiohttp.ClientSession]:
        """One HTTP session; leaving the block closes its connections without a word."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with aiohttp.ClientSession(self._address(), headers=headers) as http:
            yield http

    async def _over_socket(self, ask: Ask) -> None:
        async with self._connected() as http:
            try:
                ws = await http.ws_connect("/ws", max_msg_size=0, autoclose=True)
            except aiohttp.WSServerHandshakeError as error:
                if error.status == 401:  # noqa: PLR2004 - HTTP's own word for it
                    await self.log_in()
                raise
            if ask.run_id is None:
                message = {"type": "user_message", "content": ask.content, "client_message_id": ask.token}
                await ws.send_json({**message, **({"thread_id": ask.thread_id} if ask.thread_id else {})})
                if not self.calm and self.rng.random() < UNACCEPTED:
                    self._cut(ws.get_extra_info("socket"), "client unaccepted")
            else:
                await ws.send_json({"type": "resume", "run_id": ask.run_id, "after": ask.seen})
            await self._read_socket(ask, ws)

    async def _read_socket(self, ask: Ask, ws: aiohttp.ClientWebSocketResponse) -> None:
        left = self._limit()
        while not ask.ended:
            message = await ws.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                await self._closed(ws.close_code)
            frame = json.loads(message.data)
            match frame["type"]:
                case "ready" | "pong":
                    continue
                case "message_accepted":
                    self._accepted(ask, frame)
                case "error":
                    raise EOFError(frame["code"])
                case _:
                    ask.take(frame)
                    left -= 1
            if left <= 0 and not ask.ended:
                self._cut(ws.get_extra_info("socket"), "client socket")

    async def _closed(self, code: int | None) -> None:
        self.seen_closes[code or 0] += 1
        if code == EXPIRED:
            await self.log_in()
        raise EOFError(code)

    async def _over_stream(self, ask: Ask) -> None:
        async with self._connected() as http:
            if ask.run_id is None:
                await self._post(ask, http)
            headers = {"Last-Event-ID": str(ask.seen)}
            async with http.get(f"/api/runs/{ask.run_id}/events", headers=headers) as answer:
                if answer.status == 401:  # noqa: PLR2004
                    await self.log_in()
                answer.raise_for_status()
                left = self._limit()
                async for line in answer.content:
                    if not line.startswith(b"data: "):
                        continue
                    ask.take(json.loads(line[6:]))
                    left -= 1
                    if left <= 0 and not ask.ended and answer.connection and answer.connection.transport:
                        self._cut(answer.connection.transport.get_extra_info("socket"), "client stream")

    async def _post(self, ask: Ask, http: aiohttp.ClientSession) -> None:
        if ask.thread_id is None:
            async with http.post("/api/threads") as answer:
                answer.raise_for_status()
                # A thread that stays empty because its answer was cut off is no message.
                ask.thread_id = (await answer.json())["thread_id"]
        body, key = {"content": ask.content}, {"Idempotency-Key": ask.token}
        async with http.post(f"/api/threads/{ask.thread_id}/messages", json=body, headers=key) as answer:
            answer.raise_for_status()
            self._accepted(ask, await answer.json())

    def _accepted(self, ask: Ask, accepted: dict[str, Any]) -> None:
        if ask.run_id not in (None, accepted["run_id"]):
            ask.stuck = f"accepted twice: as {ask.run_id} and as {accepted['run_id']}"
        ask.thread_id, ask.run_id = accepted["thread_id"], accepted["run_id"]
        ask.known.set()

    def _cut(self, connection: socket.socket, kind: str) -> None:
        """Drop the connection as a phone in a tunnel does: whatever was on its way is gone."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.cuts[kind] += 1
        raise CutError(kind)
