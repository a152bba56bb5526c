"""A TCP relay before a real server, to take the server away and give it back without ending it."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Literal

HOST = "127.0.0.1"
Mode = Literal["forward", "silent"]


class Relay:
    """Listens on a port of its own and passes bytes on to a server."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._mode: Mode = "forward"
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._stalled: list[asyncio.Event] = []
        self._serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.port = 0

    async def open(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._accept, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Nobody listens any more, and what was connected is cut."""
        if self._server:
            self._server.close()
            self._server = None
        while self._serving:
            await self._cut()

    async def silence(self) -> None:
        """Connections are accepted and nothing is ever answered; what was connected is cut."""
        self._mode = "silent"
        await self._cut()

    def stall(self) -> None:
        """What is connected stays so, and no byte of it passes any more; new connections are served."""
        self._stalled.append(self._flowing)
        self._flowing.clear()
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def restore(self) -> None:
        """All is well again."""
        self._mode = "forward"
        await self._cut()
        if self._server is None:
            await self.open()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving[task] = writer
        task.add_done_callback(self._serving.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                while self._mode == "silent" and await reader.read(65536):
                    pass
                their_reader, their_writer = await asyncio.open_connection(HOST, self._target)
                try:
                    await _both(self._pump(reader, their_writer), self._pump(their_reader, writer))
                finally:
                    their_writer.transport.abort()
        finally:
            writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        flowing = self._flowing
        while data := await reader.read(65536):
            await flowing.wait()
            writer.write(data)
            await writer.drain()

    async def _cut(self) -> None:
        # Cancelling a task that has not begun would leave its connection open, so the connections are what ends.
        serving = dict(self._serving)
        for writer in serving.values():
            writer.transport.abort()
        for stalled in self._stalled:
            stalled.set()
        await asyncio.gather(*serving, return_exceptions=True)


@asynccontextmanager
async def relayed(port: int) -> AsyncGenerator[Relay]:
    """A relay before whoever listens on the port."""
    relay = Relay(port)
    await relay.open()
    try:
        yield relay
    finally:
        await relay.refuse()


async def _both(*pumps: Coroutine[None, None, None]) -> None:
    tasks = [asyncio.create_task(pump) for pump in pumps]
    try:
        await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
