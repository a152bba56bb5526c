"""Free ports of the loopback, chosen where the kernel does not take them for outgoing connections."""

import random
import socket
from collections.abc import Collection
from pathlib import Path

from goldenpath.errors import DeployError

LOOPBACK = "127.0.0.1"
LOWEST = 10240
"""Well-known services of developers' machines are below."""
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
TRIES = 500
_CHOICE = random.SystemRandom()


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def choose(taken: Collection[int]) -> int:
    """A free port that is not among the taken ones.

    Ports of the kernel's own range would be free now and an outgoing connection's a moment later.
    """
    lowest, highest = LOWEST, int(EPHEMERAL.read_text(encoding="ascii").split()[0]) - 1
    if lowest >= highest:
        lowest, highest = LOWEST, 65535
    for _ in range(TRIES):
        port = _CHOICE.randint(lowest, highest)
        if port not in taken and is_free(port):
            return port
    raise DeployError("no free port", where=f"{LOOPBACK}:{lowest}-{highest}", hint="end programs that listen there")
