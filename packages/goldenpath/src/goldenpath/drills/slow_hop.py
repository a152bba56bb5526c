"""A TCP hop that lets every new connection wait before it goes on: a real delay between two real processes."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

CHUNK = 65536


class DelayedHop:
    """Listens on a free loopback port and forwards to an upstream address after `delay_s`."""

    def __init__(self, host: str, port: int, delay_s: float) -> None:
        """Forward to this address."""
        self._upstream = (host, port)
        self._delay_s = delay_s
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._server is None:
            return 0
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        """Open the hop."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the hop and every connection through it."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await asyncio.sleep(self._delay_s)
            with suppress(OSError):
                up_reader, up_writer = await asyncio.open_connection(*self._upstream)
                await asyncio.gather(_pipe(reader, up_writer), _pipe(up_reader, writer))
        finally:
            writer.transport.abort()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    except OSError:
        return
    finally:
        writer.close()
