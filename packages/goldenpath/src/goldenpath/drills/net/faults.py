"""What can be done to a drill site's network, as frozen records of a drill file."""

from typing import Annotated, Literal

from pydantic import Field

from goldenpath.drills.net.plan import Part, Resolver
from goldenpath.facts import Record

Answer = Literal["drop", "reset", "port_unreachable", "host_unreachable", "net_unreachable", "prohibited"]


class FilterPackets(Record):
    """A filter in one part of the network takes packets to a component's port, and answers or does not."""

    type: Literal["filter_packets"] = "filter_packets"
    component: str
    at: Part = "site"
    answer: Answer = "drop"
    percent: int = Field(default=100, ge=1, le=100)
    """Of the packets; which ones is left to chance."""
    longer_than: int = Field(default=0, ge=0)
    """Only packets of more bytes than this."""
    direction: Literal["to", "from"] = "to"


class LimitConnections(Record):
    """A filter lets only so many connections to a component's port stand at a time."""

    type: Literal["limit_connections"] = "limit_connections"
    component: str
    at: Part = "site"
    most: int = Field(ge=0)


class ChangeRoute(Record):
    """A route of one part is taken away, or leads nowhere."""

    type: Literal["change_route"] = "change_route"
    at: Part
    to: str
    """A subnet, or `default`."""
    becomes: Literal["gone", "blackhole", "unreachable", "prohibit"] = "gone"


class CutLink(Record):
    """An interface of one part goes down."""

    type: Literal["cut_link"] = "cut_link"
    at: Part
    interface: str


class ChangeResolvers(Record):
    """Other name servers stand in /etc/resolv.conf."""

    type: Literal["change_resolvers"] = "change_resolvers"
    resolvers: tuple[Resolver, ...]


class ChangeName(Record):
    """The good resolver answers something else for a name."""

    type: Literal["change_name"] = "change_name"
    name: str
    address: str = ""
    """Empty: it says that there is no such name."""


NetworkFault = Annotated[
    FilterPackets | LimitConnections | ChangeRoute | CutLink | ChangeResolvers | ChangeName,
    Field(discriminator="type"),
]
