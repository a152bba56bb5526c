"""A person's socket: what is sent, what comes back, and the frames of one run among others."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from e2e.frames import Frame, is_terminal
from e2e.person import Person
from websockets.asyncio.client import ClientConnection

from goldenpath.testing.doors import Sockets
from goldenpath.testing.target import Target


class Conversation:
    """One open socket; every frame that arrived is kept in order."""

    def __init__(self, connection: ClientConnection, person: Person, patience_s: float) -> None:
        """Talk over this connection as this person; wait at most `patience_s` for each thing."""
        self.connection = connection
        self.person = person
        self.frames: list[Frame] = []
        self._patience_s = patience_s

    async def send(self, **frame: Any) -> None:
        """Send one frame."""
        await self.connection.send(json.dumps(frame))

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read until a frame is wanted, and return it; TimeoutError when none comes in time."""
        async with asyncio.timeout(self._patience_s):
            while not wanted(frame := await self._receive()):
                pass
        return frame

    async def _receive(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(await self.connection.recv())
        self.frames.append(Frame(body=body, received=asyncio.get_running_loop().time()))
        return body

    async def first(self, kind: str) -> dict[str, Any]:
        """Read until a frame of this type; an error that nobody asked for ends the wait."""
        frame = await self.until(lambda body: body["type"] in {kind, "error"})
        assert frame["type"] == kind, frame
        return frame

    async def ask(self, content: str, **more: Any) -> dict[str, Any]:
        """Say something; returns the frame that accepts it."""
        await self.send(type="user_message", content=content, **more)
        return await self.first("message_accepted")

    async def follow(self, run_id: str) -> list[Frame]:
        """Read until the run has ended; every frame of the run that this socket received."""
        if not any(is_terminal(frame.body) for frame in self.of_run(run_id)):
            await self.until(lambda body: body.get("run_id") == run_id and "seq" in body and is_terminal(body))
        return self.of_run(run_id)

    def of_run(self, run_id: str) -> list[Frame]:
        """The events of this run so far."""
        return [frame for frame in self.frames if frame.body.get("run_id") == run_id and "seq" in frame.body]

    async def alive(self) -> None:
        """Show that the other end still serves this socket."""
        await self.send(type="ping")
        await self.first("pong")


async def converse(socket: Sockets, person: Person, target: Target) -> Conversation:
    """Open a socket as this person, and check who is at the other end."""
    conversation = Conversation(await socket(person.headers), person, target.wait_s)
    ready = await conversation.first("ready")
    assert conversation.frames[0].body == ready
    assert (ready["revision"], ready["config_fingerprint"]) == (target.revision, target.fingerprint)
    assert ready["user_id"] == person.user_id
    return conversation
