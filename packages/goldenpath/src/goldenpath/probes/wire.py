"""The raw connection to an address already resolved: TCP, TLS and the peer's first byte."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress

from goldenpath.probes import tls
from goldenpath.probes.dns import SockAddr
from goldenpath.probes.phase import CLOSED, TIMEOUT, Phase, errno_name, timed


class Wire:
    """An open connection to one peer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: SockAddr) -> None:
        """Hold both directions and the address that was reached."""
        self.reader = reader
        self.writer = writer
        self.address = address

    async def ask(self, message: bytes, size: int) -> bytes:
        """Send a message and read that many bytes of the answer; raises what the connection raises."""
        self.writer.write(message)
        await self.writer.drain()
        return await self.reader.readexactly(size)

    async def first_byte(self, message: bytes, timeout_s: float) -> tuple[Phase, bytes]:
        """Send a message and wait for the first byte of the answer."""
        phase, found = await timed("first_byte", self.ask(message, 1), timeout_s, _first_byte_error)
        return phase, found or b""

    async def start_tls(self, context: ssl.SSLContext, host: str, timeout_s: float) -> Phase:
        """Do the TLS handshake on this connection."""
        phase, _ = await timed("tls", self.writer.start_tls(context, server_hostname=host), timeout_s, _tls_error)
        return phase

    async def more(self, timeout_s: float = 0.2) -> bytes:
        """What else the peer has said already; nothing if it stays silent."""
        with suppress(OSError, TimeoutError):
            return await asyncio.wait_for(self.reader.read(512), timeout_s)
        return b""

    async def close(self) -> None:
        """Close without waiting for the peer."""
        # Without `wait_closed`, which never returns after a handshake that was given up.
        self.writer.transport.abort()
        await asyncio.sleep(0)


async def connect(addresses: Sequence[SockAddr], timeout_s: float) -> tuple[Phase, Wire | None]:
    """Open TCP to the first address that accepts; the phase is that of the last address tried."""
    phase, wire = Phase(name="tcp", error="ENOADDRESS", text="the name has no address"), None
    for address in addresses:
        phase, wire = await timed("tcp", _open(address), timeout_s / len(addresses), _tcp_error)
        if wire is not None:
            return phase.model_copy(update={"text": f"reached {_shown(address)}"}), wire
        error = "ETIMEDOUT" if phase.error == TIMEOUT else phase.error
        phase = phase.model_copy(update={"error": error, "text": f"{_shown(address)}: {phase.text}"})
    return phase, wire


async def _open(address: SockAddr) -> Wire:
    family, where = address
    raw = socket.socket(family, socket.SOCK_STREAM)
    raw.settimeout(0)
    try:
        await asyncio.get_running_loop().sock_connect(raw, where)
        reader, writer = await asyncio.open_connection(sock=raw)
    except BaseException:
        raw.close()
        raise
    return Wire(reader, writer, address)


def _shown(address: SockAddr) -> str:
    host, port = address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _tcp_error(error: Exception) -> str:
    return errno_name(error)


def _tls_error(error: Exception) -> str:
    match error:
        case ssl.SSLError():
            return tls.error_name(error)
        case ConnectionError() | asyncio.IncompleteReadError():
            return CLOSED
        case _:
            return errno_name(error)


def _first_byte_error(error: Exception) -> str:
    match error:
        case asyncio.IncompleteReadError() | ConnectionError():
            return CLOSED
        case _:
            return errno_name(error)
