"""Ports of this machine for what a drill puts there, and the words that stand for them."""

import asyncio
import re
import socket
from collections.abc import Mapping
from contextlib import suppress

from goldenpath.drills.hops import address_in
from goldenpath.manifest.model import System

LOOPBACK = "127.0.0.1"
POLL_S = 0.05


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def filled(text: str, system: System, environ: Mapping[str, str]) -> str:
    """`{port:COMPONENT}` is where that component listens, `{port}` where nobody does, `{variable:NAME}` that value."""
    text = re.sub(r"\{variable:([A-Z0-9_]+)\}", lambda m: environ.get(m[1], ""), text)
    known = re.sub(r"\{port:([a-z0-9_-]+)\}", lambda m: str(address_in(system, m[1], environ)[1]), text)
    return known.replace("{port}", str(free_port())) if "{port}" in known else known


async def until_listening(port: int, within_s: float) -> None:
    """Wait until somebody accepts connections there; TimeoutError when nobody does."""
    async with asyncio.timeout(within_s):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(LOOPBACK, port)
                writer.close()
                return
            await asyncio.sleep(POLL_S)
