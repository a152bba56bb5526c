"""Packet filters of the network we are in, told to the kernel's nftables without a program of that name."""

import struct
from collections.abc import Iterator
from typing import Any

from pyroute2.nftables.main import NFTables  # pyright: ignore[reportMissingTypeStubs] - pyroute2 ships none

from goldenpath.drills.net.faults import Answer, FilterPackets, LimitConnections
from goldenpath.drills.net.plan import Part
from goldenpath.facts import Record

TABLE = "drill"
HOOKS: dict[Part, str] = {"site": "output", "router": "forward", "remote": "input"}
"""Where packets to a component pass in each part."""
BACK: dict[Part, str] = {"site": "input", "router": "forward", "remote": "output"}
ACCEPT, DROP = 1, 0
TCP = b"\x06"
REGISTER = 1
EQUAL, LESS, GREATER = 0, 2, 4
META_LENGTH, META_L4PROTO = 0, 16
TRANSPORT_HEADER = 2
SOURCE_PORT, DESTINATION_PORT = 0, 2
ICMP, RESET = 0, 1
REJECTS: dict[Answer, tuple[int, int]] = {
    "reset": (RESET, 0),
    "net_unreachable": (ICMP, 0),
    "host_unreachable": (ICMP, 1),
    "port_unreachable": (ICMP, 3),
    "prohibited": (ICMP, 13),
}
"""Kind of rejection and the code of its ICMP message."""
Expression = dict[str, Any]


class Flow(Record):
    """Packets of TCP to or from one port, in one part."""

    port: int
    hook: str
    back: bool = False


class Filters:
    """The filters of this network; all of them are in one table, so that taking them back is one step."""

    def __init__(self) -> None:
        """Open the kernel's door."""
        self._nft: Any = NFTables()

    def filter_packets(self, fault: FilterPackets, port: int) -> None:
        """Take packets to (or from) this port."""
        back = fault.direction == "from"
        hook = (BACK if back else HOOKS)[fault.at]
        parts = [*_to_port(Flow(port=port, hook=hook, back=back))]
        if fault.longer_than:
            parts += [_expression("meta", "META", key=META_LENGTH, dreg=REGISTER)]
            parts += [_compare(struct.pack("=I", fault.longer_than), GREATER)]
        if fault.percent < 100:  # noqa: PLR2004 - a percentage
            parts += [_expression("numgen", "NG", dreg=REGISTER, modulus=100, type=1, offset=0)]
            parts += [_compare(struct.pack("=I", fault.percent), LESS)]
        self._add(hook, [*parts, _answer(fault.answer)])

    def limit_connections(self, fault: LimitConnections, port: int) -> None:
        """Drop what would open one connection too many."""
        hook = HOOKS[fault.at]
        over = _expression("connlimit", "CONNLIMIT", count=fault.most, flags=("NFT_LIMIT_F_INV",))
        self._add(hook, [*_to_port(Flow(port=port, hook=hook)), over, _answer("reset")])

    def clear(self) -> None:
        """Take every filter of ours back."""
        if any(table.get_attr("NFTA_TABLE_NAME") == TABLE for table in self._nft.get_tables()):
            self._nft.table("del", name=TABLE)

    def close(self) -> None:
        """Let the kernel's door go."""
        self._nft.close()

    def _add(self, hook: str, expressions: list[Expression]) -> None:
        self._nft.table("add", name=TABLE)
        self._nft.chain("add", table=TABLE, name=hook, hook=hook, policy=ACCEPT)
        self._nft.rule("add", table=TABLE, chain=hook, expressions=(expressions,))


def _to_port(flow: Flow) -> Iterator[Expression]:
    offset = SOURCE_PORT if flow.back else DESTINATION_PORT
    yield _expression("meta", "META", key=META_L4PROTO, dreg=REGISTER)
    yield _compare(TCP)
    yield _expression("payload", "PAYLOAD", dreg=REGISTER, base=TRANSPORT_HEADER, offset=offset, len=2)
    yield _compare(struct.pack("!H", flow.port))


def _answer(answer: Answer) -> Expression:
    if answer == "drop":
        verdict = {"attrs": [("NFTA_DATA_VERDICT", {"attrs": [("NFTA_VERDICT_CODE", DROP)]})]}
        return _expression("immediate", "IMMEDIATE", dreg=0, data=verdict)
    kind, code = REJECTS[answer]
    return _expression("reject", "REJECT", type=kind, icmp_code=code)


def _compare(value: bytes, operator: int = EQUAL) -> Expression:
    data = {"attrs": [("NFTA_DATA_VALUE", value)]}
    return _expression("cmp", "CMP", sreg=REGISTER, op=operator, data=data)


def _expression(name: str, prefix: str, **fields: object) -> Expression:
    """One step of a rule; the order of the fields is the order of their attributes."""
    attributes = [(f"NFTA_{prefix}_{key.upper()}", value) for key, value in fields.items()]
    return {"attrs": [("NFTA_EXPR_NAME", name), ("NFTA_EXPR_DATA", {"attrs": attributes})]}
