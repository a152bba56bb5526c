"""The network of a drill site, as data: which parts it has, where they are, how packets get from one to the other.

It is the network of a well-known incident: clients in 10.1.0.0/28, a cache in 10.166.204.80/29, a router between.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from goldenpath.facts import Record
from goldenpath.manifest.names import Command, Name

Part = Literal["site", "router", "remote"]
PARTS: tuple[Part, ...] = ("site", "router", "remote")
"""Where every process of the site runs unless it is placed elsewhere; what stands between; the other subnet."""
Resolver = Literal["good", "silent", "failing", "refusing"]


class Interface(Record):
    """One end of a cable."""

    name: str
    address: str
    prefix: int


class Route(Record):
    """How a part sends what is not for itself."""

    part: Part
    to: str
    """A subnet, or `default`."""
    via: str


UPLINK = Interface(name="uplink", address="10.1.0.2", prefix=28)
TO_SITE = Interface(name="to_site", address="10.1.0.1", prefix=28)
TO_REMOTE = Interface(name="to_remote", address="10.166.204.81", prefix=29)
REMOTE = Interface(name="uplink", address="10.166.204.83", prefix=29)
CABLES: tuple[tuple[tuple[Part, Interface], tuple[Part, Interface]], ...] = (
    (("site", UPLINK), ("router", TO_SITE)),
    (("router", TO_REMOTE), ("remote", REMOTE)),
)
ROUTES: tuple[Route, ...] = (
    Route(part="site", to="default", via=TO_SITE.address),
    Route(part="remote", to="default", via=TO_REMOTE.address),
)
RESOLVERS: dict[Resolver, str] = {
    "good": TO_SITE.address,
    "silent": "10.1.0.4",
    "failing": "10.1.0.5",
    "refusing": "10.1.0.6",
}
"""Name servers, all of them at the router, and what each of them does."""


class SiteSpec(Record):
    """`site.toml` among the drills: what differs for a site that lives in such a network."""

    based_on: Name
    """The environment whose variables it takes."""
    variables: dict[str, str] = Field(default_factory=dict)
    names: dict[str, str] = Field(default_factory=dict)
    """What the good resolver answers: addresses by name."""
    places: dict[Name, Part] = Field(default_factory=dict)
    """Components that run in another part than the site."""
    run: dict[Name, Command] = Field(default_factory=dict)
    """Command lines that differ."""


class Files:
    """Where a running network writes down what others must know."""

    def __init__(self, folder: Path) -> None:
        """In this folder."""
        self.folder = folder

    @property
    def processes(self) -> Path:
        """Process ids that hold the parts."""
        return self.folder / "parts.json"

    @property
    def resolvers(self) -> Path:
        """What is seen as /etc/resolv.conf."""
        return self.folder / "resolv.conf"

    @property
    def names(self) -> Path:
        """What the good resolver answers."""
        return self.folder / "names.json"


def resolver_lines(resolvers: tuple[Resolver, ...]) -> str:
    """The text of resolv.conf; the timers are those of the system, because they are what people meet."""
    return "".join(f"nameserver {RESOLVERS[r]}\n" for r in resolvers)
