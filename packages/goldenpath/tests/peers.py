"""Small real TCP and HTTP peers that misbehave on purpose, each on a port of its own."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Answer = Callable[[str, str, dict[str, str], bytes], tuple[int, str]]
"""(method, path, headers, body) to (status, JSON text)."""


@asynccontextmanager
async def peer(talk: Talk, secured: ssl.SSLContext | None = None) -> AsyncGenerator[int]:
    """Serve connections with `talk`, over TLS if so; gives the port."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=secured)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept and never say anything, as a stopped process does."""
    del writer
    while await reader.read(1024):
        pass


async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read a little and close without a word."""
    await reader.read(8)
    writer.close()


async def babbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer everything with what no protocol knows."""
    while await reader.read(1024):
        writer.write(b"\x00\xffwhat?\r\n")


def relay(port: int, delay_s: float) -> Talk:
    """Pass everything on to a real server, its first answer late."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
        forward = asyncio.ensure_future(_pump(reader, up_writer))
        try:
            first = await up_reader.read(65536)
            await asyncio.sleep(delay_s)
            writer.write(first)
            await _pump(up_reader, writer)
        finally:
            forward.cancel()
            up_writer.transport.abort()

    return talk


def postgres_over_tls(port: int, secured: ssl.SSLContext) -> Talk:
    """Answer a PostgreSQL client's request for TLS with yes, and pass what it then says on to a real server."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"S")
        await writer.start_tls(secured)
        await relay(port, 0.0)(reader, writer)

    return talk


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


def http(answer: Answer, sockets: int = 0) -> Talk:
    """An HTTP/1.1 server whose answers a function decides; WebSocket upgrades go to the port `sockets`."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            raw = await reader.readuntil(b"\r\n\r\n")
            head = raw.decode().split("\r\n")
            method, path, _ = head[0].split(" ", 2)
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
            if sockets and headers.get("upgrade", "").lower() == "websocket":
                await _upgrade(raw, reader, writer, sockets)
                return
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            status, text = answer(method, path, headers, body)
            lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(text.encode())}"]
            writer.write(("\r\n".join([*lines, "", ""]) + text).encode())
            await writer.drain()

    return talk


async def _upgrade(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
    up_writer.write(head)
    forward = asyncio.ensure_future(_pump(reader, up_writer))
    try:
        await _pump(up_reader, writer)
    finally:
        forward.cancel()
        up_writer.transport.abort()


def certificate(folder: Path, *, days: int) -> ssl.SSLContext:
    """A server's context with a certificate of its own that ends in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - dt.timedelta(days=30))
    signed = builder.not_valid_after(now + dt.timedelta(days=days)).sign(key, hashes.SHA256())
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    file = folder / "both.pem"
    file.write_bytes(secret + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
