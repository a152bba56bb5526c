"""An edge is probed from the network of the process whose edge it is, not from ours."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator

import pytest
from observing import edge_to, values
from pydantic import JsonValue
from sample import system
from servers import die_with_parent, free_port

from goldenpath.probes.edge import EdgeOptions
from goldenpath.probes.record import Recorder
from goldenpath.probes.standpoint import elsewhere, probe_edge_from_source

APART = """
import fcntl, socket, struct, sys
control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(control, 0x8914, struct.pack("16sh14s", b"lo", 1, b""))
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True)
while True:
    peer, _ = server.accept()
    peer.sendall(b"-NOAUTH who are you\\r\\n")
"""
"""Switches the loopback of its own network on (SIOCSIFFLAGS, up) and answers there."""


def may_part() -> bool:
    """Whether a network of one's own can be had here."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True).returncode == 0


@pytest.fixture
def apart() -> Generator[tuple[int, int]]:
    """A process on a network of its own, with a server there: its pid and the server's port."""
    if not may_part():
        pytest.skip("no network of one's own can be had here")
    port = free_port()
    process = subprocess.Popen(
        ["unshare", "-rn", sys.executable, "-c", APART, str(port)],
        stdout=subprocess.PIPE,
        preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - no other thread runs at this point
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        yield process.pid, port
        process.kill()


async def look(port: int, origin: int | None) -> dict[str, JsonValue]:
    environ = {"CACHE_HOST": "127.0.0.1", "CACHE_PORT": str(port), "CACHE_PASSWORD": "pass-of-the-cache"}
    recorder, options = Recorder("x"), EdgeOptions(timeout_s=2.0, origin=origin)
    seen = await probe_edge_from_source(recorder, system(), edge_to("cache"), environ, options)
    assert [o.id for o in seen] == [f"x{n}" for n in range(1, len(seen) + 1)]
    assert "pass-of-the-cache" not in "".join(o.model_dump_json() for o in seen)
    return values(seen)


async def test_what_only_the_source_can_reach(apart: tuple[int, int]) -> None:
    pid, port = apart
    there, here = await look(port, pid), await look(port, None)
    assert here["tcp.error"] == "ECONNREFUSED"
    assert "tcp.ms" in there
    assert "first_byte.ms" in there
    assert there["probed.from"] == {"pid": pid, "entered": True}
    assert "probed.from" not in here


async def test_a_source_on_our_own_network_is_probed_from_here() -> None:
    assert elsewhere(os.getpid()) is None
    assert "probed.from" not in await look(free_port(), os.getpid())


async def test_a_source_that_has_ended_is_probed_from_here() -> None:
    assert elsewhere(None) is None
    assert "tcp.error" in await look(free_port(), 2**22 - 1)
