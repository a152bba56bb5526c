"""How packets get to an address that cannot be reached: what our own host says, and who on the way answered.

The table of our own host is asked by a datagram socket, which sends nothing when it is connected. Who answered an
attempt comes from the socket's error queue: a filter that rejects sends an ICMP message, a host on which nobody
listens a TCP reset, so that the two are told apart although both are `ECONNREFUSED`.
"""

import asyncio
import errno
import socket
import struct
from collections.abc import Sequence
from ipaddress import IPv4Network
from itertools import pairwise
from pathlib import Path

from pydantic import JsonValue

from goldenpath.facts import Record
from goldenpath.probes.dns import SockAddr
from goldenpath.probes.phase import errno_name

IP_RECVERR, MSG_ERRQUEUE = 11, 0x2000
EXTENDED_ERROR = struct.Struct("=IBBBBII")
"""errno, origin, type, code, padding, information, data; the offender's address follows."""
FROM_ICMP = 2
UNREACHABLE = 3
MEANS = {
    0: "net_unreachable",
    1: "host_unreachable",
    2: "protocol_unreachable",
    3: "port_unreachable",
    4: "too_long",
    9: "prohibited",
    10: "prohibited",
    13: "prohibited",
}
"""Codes of ICMP's `destination unreachable`."""
TIMEOUT_S = 1.5
"""Long enough for an answer; silence is an answer, too."""
SILENCE: dict[str, JsonValue] = {"kind": "silence"}
CONNECTS, LOSS_S = 12, 3.5
"""When three packets in ten are lost, one of twelve is met 69 times in 70. What is lost goes again after 1 and 3 s."""
SENT_AGAIN = 100
"""Where the kernel's `tcp_info` has the count of packets that were sent again."""
DEAD_END = 0x0200
"""The kernel's flag of a route that leads nowhere."""
UP = 0x0001


class Way(Record):
    """What is known of the way to one address."""

    to: str
    lookup: str
    """`ok`, or the error that our own host's table gives."""
    source: str
    """The address that we would send from; empty without a route."""
    answer: dict[str, JsonValue] | None = None
    """Who answered an attempt; None without a route."""


class Network(Record):
    """Another host, or network namespace, as a process there sees it."""

    routes: list[JsonValue]
    addresses: tuple[str, ...]


async def way_to(addresses: Sequence[SockAddr], timeout_s: float = TIMEOUT_S, *, tries: int = 1) -> Way | None:
    """The way to the first IPv4 address; None when there is none. Silence is tried again, so often in all."""
    found = next((where for family, where in addresses if family == socket.AF_INET), None)
    if found is None:
        return None
    lookup, source = _look_up(found)
    answer: dict[str, JsonValue] | None = None
    for _ in range(tries if lookup == "ok" else 0):
        answer = await _who_answers(found, timeout_s)
        if answer != SILENCE:
            break
    return Way(to=found[0], lookup=lookup, source=source, answer=answer)


async def retransmits(addresses: Sequence[SockAddr], timeout_s: float = LOSS_S) -> list[int | None]:
    """How many packets each of several connects at once had to send again; None for those that never stood."""
    found = next((where for family, where in addresses if family == socket.AF_INET), None)
    if found is None:
        return []
    return [*await asyncio.gather(*(_sent_again(found, timeout_s) for _ in range(CONNECTS)))]


def network_of(pid: int) -> Network | None:
    """The network that a process is on; None when it is ours, or may not be looked at."""
    own, other = Path("/proc/self"), Path(f"/proc/{pid}")
    try:
        if (own / "ns/net").readlink() == (other / "ns/net").readlink():
            return None
        rows = (other / "net/route").read_text(encoding="ascii").splitlines()[1:]
        lines = (other / "net/fib_trie").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    addresses = {line.split()[-1] for line, below in pairwise(lines) if "|--" in line and "/32 host LOCAL" in below}
    routes: list[JsonValue] = [route for row in rows if (route := _route(row.split()))]
    return Network(routes=routes, addresses=tuple(sorted(addresses)))


async def _sent_again(where: tuple[str, int], timeout_s: float) -> int | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as attempt:
        attempt.settimeout(0)
        try:
            await asyncio.wait_for(asyncio.get_running_loop().sock_connect(attempt, where), timeout_s)
            told = attempt.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, SENT_AGAIN + 4)
        except (OSError, TimeoutError):
            return None
        return int(struct.unpack_from("=I", told, SENT_AGAIN)[0])


def _look_up(where: tuple[str, int]) -> tuple[str, str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(where)
        except OSError as error:
            return errno_name(error), ""
        return "ok", str(probe.getsockname()[0])


async def _who_answers(where: tuple[str, int], timeout_s: float) -> dict[str, JsonValue]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as attempt:
        attempt.settimeout(0)
        attempt.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        try:
            await asyncio.wait_for(asyncio.get_running_loop().sock_connect(attempt, where), timeout_s)
        except TimeoutError:
            return _icmp(attempt) or SILENCE
        except OSError as error:
            return _icmp(attempt) or {"kind": "reset" if error.errno == errno.ECONNREFUSED else errno_name(error)}
        return {"kind": "accepted"}


def _icmp(attempt: socket.socket) -> dict[str, JsonValue] | None:
    """The ICMP message that ended the attempt; None when none did."""
    try:
        _, ancillary, _, _ = attempt.recvmsg(1, 512, MSG_ERRQUEUE)
    except OSError:
        return None
    for level, kind, data in ancillary:
        if (level, kind) != (socket.IPPROTO_IP, IP_RECVERR) or len(data) < EXTENDED_ERROR.size + 8:
            continue
        _, origin, sort, code, *_ = EXTENDED_ERROR.unpack_from(data)
        if origin == FROM_ICMP and sort == UNREACHABLE:
            offender = socket.inet_ntoa(data[EXTENDED_ERROR.size + 4 : EXTENDED_ERROR.size + 8])
            return {"kind": "icmp", "from": offender, "code": code, "means": MEANS.get(code, f"code {code}")}
    return None


def _route(fields: list[str]) -> dict[str, JsonValue] | None:
    interface, to, via, flags, *_ = fields
    if not int(flags, 16) & UP:
        return None
    network = IPv4Network((_ip(to), _ip(fields[7])))
    dead = bool(int(flags, 16) & DEAD_END)
    return {"to": str(network), "via": _ip(via), "interface": interface, "dead_end": dead}


def _ip(text: str) -> str:
    """The kernel prints an address in the machine's own order of bytes."""
    return socket.inet_ntoa(struct.pack("=I", int(text, 16)))
