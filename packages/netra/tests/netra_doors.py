"""A real `netra web` process, and people who use it."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from netra.embedded.ports import free_port
from netra.stores.database import Pool

READY_S = 30.0
PASSWORD = "correct horse battery"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with an account and an open session."""

    email: str
    user_id: str
    access_token: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}


@dataclass(kw_only=True)
class Door:
    """One web process: where it answers, and what it logged."""

    address: str
    log: Path
    process: asyncio.subprocess.Process
    http: httpx.AsyncClient
    people: list[Person] = field(default_factory=list[Person])

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    async def logged(self, request_id: str, event: str = "request") -> dict[str, Any]:
        """The line about this request; it is written just after the answer."""

        def found() -> list[dict[str, Any]]:
            return [x for x in self.lines() if x.get("request_id") == request_id and x["event"] == event]

        await until(lambda: bool(found()), 5)
        return found()[0]

    async def person(self, email: str = "") -> Person:
        email = email or f"p-{uuid4().hex[:12]}@example.com"
        answer = await self.http.post("/api/auth/register", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        return await self.known(email, answer.json())

    async def known(self, email: str, tokens: Mapping[str, str]) -> Person:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        user_id = (await self.http.get("/api/auth/me", headers=headers)).json()["user_id"]
        person = Person(
            email=email,
            user_id=user_id,
            access_token=tokens["access_token"],
            refresh_token=tokens["refresh_token"],
        )
        self.people.append(person)
        return person

    async def post(self, person: Person, content: str = "hello") -> dict[str, str]:
        """Post a message into a new thread; answers thread_id, message_id and run_id."""
        thread = (await self.http.post("/api/threads", headers=person.headers)).json()["thread_id"]
        path = f"/api/threads/{thread}/messages"
        answer = await self.http.post(path, headers=person.headers, json={"content": content})
        assert answer.status_code == 202, answer.text
        return answer.json()

    async def promoted(self, person: Person, plan: str, database: Pool) -> Person:
        """The person with another plan, which the next token says."""
        await database.execute("update users set plan = $2 where email = $1", person.email, plan)
        answer = await self.http.post("/api/auth/login", json={"email": person.email, "password": PASSWORD})
        return await self.known(person.email, answer.json())

    async def use_up(self, person: Person, messages: int) -> None:
        """Post so many messages; their threads are deleted, so that no run stays open."""
        left = messages
        while left:
            thread = (await self.http.post("/api/threads", headers=person.headers)).json()["thread_id"]
            for _ in range(min(left, 20)):
                path = f"/api/threads/{thread}/messages"
                answer = await self.http.post(path, headers=person.headers, json={"content": "x"})
                assert answer.status_code == 202, answer.text
            await self.http.delete(f"/api/threads/{thread}", headers=person.headers)
            left -= min(left, 20)

    @property
    def socket_address(self) -> str:
        return self.address.replace("http://", "ws://") + "/ws"

    @asynccontextmanager
    async def socket(self, person: Person) -> AsyncGenerator[ClientConnection]:
        """An open socket whose `ready` frame has been read."""
        async with connect(self.socket_address, additional_headers=person.headers, compression=None) as socket:
            assert (await heard(socket))["type"] == "ready"
            yield socket


def offered(person: Person) -> list[Subprotocol]:
    return [Subprotocol("bearer"), Subprotocol(person.access_token)]


async def heard(socket: ClientConnection, timeout_s: float = 10.0) -> dict[str, Any]:
    """The next frame."""
    return json.loads(await asyncio.wait_for(socket.recv(), timeout_s))


async def said(socket: ClientConnection, **frame: object) -> None:
    await socket.send(json.dumps(frame, default=str))


async def said_and_heard(socket: ClientConnection, **frame: object) -> dict[str, Any]:
    await said(socket, **frame)
    return await heard(socket)


@asynccontextmanager
async def opened(environ: Mapping[str, str], folder: Path, **deadlines: float) -> AsyncGenerator[Door]:
    """`netra web` with these variables, ready; ended when the block is left."""
    port = free_port()
    log = folder / f"web-{port}.log"
    process = await spawned(environ, port, log, deadlines)
    address = f"http://127.0.0.1:{port}"
    try:
        await until_ready(process, log)
        async with httpx.AsyncClient(base_url=address, timeout=30) as http:
            yield Door(address=address, log=log, process=process, http=http)
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 15)


async def spawned(
    environ: Mapping[str, str], port: int, log: Path, deadlines: Mapping[str, float] | None = None
) -> asyncio.subprocess.Process:
    variables = {"PATH": os.environ["PATH"], **environ, "WEB_PORT": str(port)}
    with log.open("wb") as stderr:
        command = (str(Path(sys.executable).parent / "netra"), "web")
        if deadlines:
            command = (sys.executable, str(Path(__file__).with_name("netra_web.py")), json.dumps(deadlines))
        return await asyncio.create_subprocess_exec(*command, env=variables, stderr=stderr)


async def until_ready(process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(READY_S):
        while '"event":"ready"' not in written(log):
            assert process.returncode is None, written(log)
            await asyncio.sleep(0.02)


async def until(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    """Wait for the condition, looking often."""
    async with asyncio.timeout(timeout_s):
        while True:
            if condition():
                return
            await asyncio.sleep(0.05)


async def frames_until_closed(socket: ClientConnection) -> tuple[list[dict[str, Any]], int | None]:
    """Every frame that still comes, and the close code that the server sent, if it sent one."""
    frames: list[dict[str, Any]] = []
    try:
        while True:
            frames.append(await heard(socket, timeout_s=30))
    except ConnectionClosed as closed:
        return frames, closed.rcvd.code if closed.rcvd else None


def written(log: Path) -> str:
    return log.read_text()


def is_uuid(text: str) -> bool:
    return str(UUID(text)) == text
