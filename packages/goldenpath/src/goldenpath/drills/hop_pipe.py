"""One direction of one connection through a hop: the mode is looked at for every piece, so it may change meanwhile."""

import asyncio
import random
import re
import socket
import struct
from collections.abc import Callable

from goldenpath.drills import hop_modes as modes
from goldenpath.drills.hop_modes import HopMode

PIECE = 65536


class Pipe:
    """Carries pieces from a reader to a writer as the hop's mode of the moment says."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        mode: Callable[[], HopMode],
        speaks: asyncio.Event,
        *,
        is_answer: bool,
    ) -> None:
        """Nothing passes while `speaks` is not set; `is_answer`: from the server to the client."""
        self._speaks = speaks
        self._reader = reader
        self._writer = writer
        self._mode = mode
        self._is_answer = is_answer
        self._passed = 0
        self._random = random.Random(2)  # noqa: S311 - the same jitter in every drill

    async def run(self) -> None:
        """Until one end goes away."""
        try:
            while data := await self._reader.read(PIECE):
                if not await self._piece(data):
                    return
        except OSError:
            return
        finally:
            self._writer.close()

    async def _piece(self, data: bytes) -> bool:
        """Carry one piece; whether the connection goes on."""
        await self._speaks.wait()
        goes_on = True
        match self._mode():
            case modes.Lag() as lag:
                await asyncio.sleep(lag.seconds + self._random.uniform(0, lag.jitter_s))
            case modes.Throttle(bytes_per_s=rate):
                await asyncio.sleep(len(data) / rate)
            case modes.Strip(headers=headers) if not self._is_answer:
                data = without(data, headers)
            case modes.Cut(after_bytes=most) if most is not None and self._is_answer:
                data, goes_on = data[: most - self._passed], self._passed + len(data) < most
            case _:
                pass
        self._passed += len(data)
        self._writer.write(data)
        await self._writer.drain()
        return goes_on


def without(data: bytes, headers: tuple[str, ...]) -> bytes:
    """What a client sends, without the lines of these HTTP headers."""
    names = "|".join(re.escape(name) for name in headers)
    return re.sub(rf"(?im)^(?:{names}):[^\r\n]*\r\n".encode(), b"", data)


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with RST, as a filter or a dying host does."""
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
