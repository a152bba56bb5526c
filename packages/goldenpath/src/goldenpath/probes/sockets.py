"""Who is really connected to whom: the kernel's tables of TCP connections, by the processes that hold them."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from goldenpath.facts import Record

STATES = {
    "01": "established",
    "02": "syn_sent",
    "03": "syn_received",
    "04": "fin_wait",
    "05": "fin_wait",
    "06": "time_wait",
    "08": "close_wait",
    "09": "last_ack",
    "0A": "listen",
}
_INODE = re.compile(r"socket:\[(\d+)\]")
_V4 = 8
"""Hexadecimal digits of an IPv4 address."""


class Socket(Record):
    """One TCP socket of a process."""

    pid: int
    state: str
    local: str
    local_port: int
    peer: str
    peer_port: int
    queued: int
    """Bytes received and not read; of a listener, connections that nobody has accepted."""
    backlog: int = 0
    """Bytes sent and not yet taken by the peer; of a listener, the most connections that may wait."""


def sockets_of(pids: Iterable[int]) -> tuple[Socket, ...]:
    """Every TCP socket of these processes, each in its own network namespace."""
    return tuple(socket for pid in pids for socket in _of(pid))


def listeners(pid: int | None = None) -> tuple[Socket, ...]:
    """Every listener of the network namespace of a process that lives, whoever holds it; else of our own."""
    place = "self" if pid is None or not Path(f"/proc/{pid}/net/tcp").exists() else str(pid)
    rows = (row for table in ("tcp", "tcp6") for row in _rows(place, table))
    return tuple(_socket(pid or 0, row) for row in rows if STATES.get(row[3]) == "listen")


def _of(pid: int) -> Iterator[Socket]:
    inodes = _inodes(pid)
    if not inodes:
        return
    for table in ("tcp", "tcp6"):
        for row in _rows(pid, table):
            if row[9] in inodes and row[3] in STATES:
                yield _socket(pid, row)


def _inodes(pid: int) -> frozenset[str]:
    try:
        descriptors = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return frozenset()
    return frozenset(found[1] for fd in descriptors if (found := _INODE.fullmatch(_link(fd))))


def _link(descriptor: Path) -> str:
    """What it is; empty when it was closed meanwhile."""
    try:
        return str(descriptor.readlink())
    except OSError:
        return ""


def _rows(pid: int | str, table: str) -> list[list[str]]:
    try:
        text = Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii")
    except OSError:
        return []
    return [row.split() for row in text.splitlines()[1:]]


def _socket(pid: int, row: list[str]) -> Socket:
    (local, local_port), (peer, peer_port) = _address(row[1]), _address(row[2])
    sending, receiving = row[4].split(":")
    return Socket(
        pid=pid,
        state=STATES[row[3]],
        local=local,
        local_port=local_port,
        peer=peer,
        peer_port=peer_port,
        queued=int(receiving, 16),
        backlog=int(sending, 16),
    )


def _address(text: str) -> tuple[str, int]:
    host, port = text.split(":")
    # Each word of four bytes stands in the machine's own order.
    raw = b"".join(bytes.fromhex(host[i : i + 8])[::-1] for i in range(0, len(host), 8))
    if len(host) == _V4:
        return str(IPv4Address(raw)), int(port, 16)
    found = IPv6Address(raw)
    return str(found.ipv4_mapped or found), int(port, 16)
