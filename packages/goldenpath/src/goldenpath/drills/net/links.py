"""Cables, addresses and routes of the network we are in."""

from typing import Any

from pyroute2 import IPRoute  # pyright: ignore[reportMissingTypeStubs] - pyroute2 ships none

from goldenpath.drills.net.plan import CABLES, RESOLVERS, ROUTES, TO_SITE, Interface, Part

IPV4, MAIN_TABLE, BY_HAND = 2, 254, 4
"""The kernel's numbers: a family, a table, and whose route it is."""
NOWHERE = "0.0.0.0"  # noqa: S104 - of length 0 it is the default route


class Links:
    """Changes to the links and routes of the network we are in."""

    def __init__(self) -> None:
        """Open the kernel's door."""
        self._ip: Any = IPRoute()

    def lay_cables(self, pids: dict[Part, int]) -> None:
        """Make every cable and plug each end into its part."""
        for number, ((one, near), (other, far)) in enumerate(CABLES):
            ends = (f"gp{number}a", f"gp{number}b")
            self._ip.link("add", ifname=ends[0], kind="veth", peer={"ifname": ends[1]})
            self._plug(ends[0], near, pids[one])
            self._plug(ends[1], far, pids[other])

    def set_up(self, part: Part) -> None:
        """Bring the ends of this part up, each with its addresses, and add its routes."""
        self._set("lo", "up")
        for interface in ends_of(part):
            for address in _addresses(interface):
                self._ip.addr("replace", index=self._index(interface.name), address=address, prefixlen=interface.prefix)
            self._set(interface.name, "up")
        for route in ROUTES:
            if route.part == part:
                self._ip.route("replace", dst=route.to, gateway=route.via)

    def change_route(self, to: str, becomes: str) -> None:
        """Take every route to this subnet away; put one there that leads nowhere unless it shall be gone."""
        address, _, prefix = (None, "", "0") if to == "default" else to.partition("/")
        for route in self._routes():
            if (route.get_attr("RTA_DST"), route["dst_len"]) == (address, int(prefix)):
                self._delete(route)
        if becomes != "gone":
            self._ip.route("add", dst=to, type=becomes)

    def cut(self, interface: str) -> None:
        """Set an interface down."""
        self._set(interface, "down")

    def restore(self, part: Part) -> None:
        """Take back what was done to routes and interfaces."""
        for route in self._routes():
            if route["proto"] == BY_HAND:
                self._delete(route)
        for interface in ends_of(part):
            # Down and up again brings back the kernel's own route of its subnet.
            self._set(interface.name, "down")
        self.set_up(part)

    def close(self) -> None:
        """Let the kernel's door go."""
        self._ip.close()

    def _plug(self, end: str, interface: Interface, pid: int) -> None:
        self._ip.link("set", index=self._index(end), net_ns_pid=pid, ifname=interface.name)

    def _routes(self) -> list[Any]:
        found = self._ip.get_routes(family=IPV4)
        return [route for route in found if route.get_attr("RTA_TABLE") == MAIN_TABLE]

    def _delete(self, route: Any) -> None:
        to = f"{route.get_attr('RTA_DST') or NOWHERE}/{route['dst_len']}"
        exactly = {name: route[name] for name in ("family", "type", "scope", "proto")}
        self._ip.route("del", dst=to, **exactly)

    def _index(self, name: str) -> int:
        return int(self._ip.link_lookup(ifname=name)[0])

    def _set(self, name: str, state: str) -> None:
        self._ip.link("set", index=self._index(name), state=state)


def ends_of(part: Part) -> tuple[Interface, ...]:
    """The ends of cables in this part."""
    return tuple(interface for cable in CABLES for where, interface in cable if where == part)


def _addresses(interface: Interface) -> tuple[str, ...]:
    """Its own first; the router also has those of every name server."""
    servers = RESOLVERS.values() if interface == TO_SITE else ()
    return tuple(dict.fromkeys((interface.address, *servers)))
