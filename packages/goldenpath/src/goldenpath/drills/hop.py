"""A TCP hop between two real processes: it delays, cuts or falsifies connections while they run."""

import asyncio
import random
from contextlib import suppress
from types import TracebackType
from typing import Self

from goldenpath.drills import hop_modes as modes
from goldenpath.drills.hop_modes import HopMode
from goldenpath.drills.hop_pipe import Pipe, reset

LOOPBACK = "127.0.0.1"


class Hop:
    """Listens on a free loopback port and forwards to `upstream`, which may be changed at any time like `mode`."""

    def __init__(self, host: str, port: int, mode: HopMode | None = None) -> None:
        """Forward to this address."""
        self.upstream = (host, port)
        self._home = (host, port)
        self.mode: HopMode = mode or modes.Pass()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._count = 0
        self._speaks = asyncio.Event()
        self._random = random.Random(1)  # noqa: S311 - the same jitter in every drill

    async def __aenter__(self) -> Self:
        """Open the hop."""
        await self._listen()
        await self.become(self.mode)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the hop and every connection through it."""
        self._close()
        await self._cut()

    async def become(self, mode: HopMode, *, upstream: tuple[str, int] | None = None) -> None:
        """Behave so from now on; connections that stand feel it, too. Without `upstream` it leads home."""
        moved = (upstream or self._home) != self.upstream
        self.mode, self.upstream = mode, upstream or self._home
        if isinstance(mode, modes.Silent):
            self._speaks.clear()
        else:
            self._speaks.set()
        if moved or isinstance(mode, modes.Refuse | modes.Reset | modes.Impostor | modes.Limit):
            await self._cut()
        if isinstance(mode, modes.Refuse):
            self._close()
        elif self._server is None:
            await self._listen()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _cut(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._count += 1
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await self._connection(reader, writer)
        except (OSError, asyncio.CancelledError):
            return  # the hop closes, or one end went away: both ends are let go below
        finally:
            writer.transport.abort()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match self.mode:
            case modes.Reset():
                reset(writer)
            case modes.Drop(every=every) if self._count % every == 0:
                reset(writer)
            case modes.Limit(connections=most) if len(self._tasks) > most:
                return
            case modes.Impostor(says=says):
                await reader.read(1)
                writer.write(says.encode())
                await writer.drain()
            case modes.Hold() as hold:
                await asyncio.sleep(hold.seconds + self._random.uniform(0, hold.jitter_s))
                await self._forward(reader, writer)
            case modes.Cut(after_s=seconds) if seconds is not None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._forward(reader, writer), seconds)
            case _:
                await self._forward(reader, writer)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(*self.upstream)
        try:
            there = Pipe(reader, up_writer, lambda: self.mode, self._speaks, is_answer=False)
            back = Pipe(up_reader, writer, lambda: self.mode, self._speaks, is_answer=True)
            await asyncio.gather(there.run(), back.run())
        finally:
            up_writer.transport.abort()
