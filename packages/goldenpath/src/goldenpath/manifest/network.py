"""The parts of the manifest about where a revision may reach, and what it may take of what all share."""

from typing import Literal

from pydantic import Field

from goldenpath.facts import Record

Reach = Literal["loopback", "private", "public"]
"""Of an address: this machine, a network that nobody else sees, or the rest."""


class NetworkSpec(Record):
    """`[network]`: where addresses in a revision's environment may lead; held before anything of it runs."""

    reach: dict[str, tuple[Reach, ...]] = Field(default_factory=dict[str, tuple[Reach, ...]])
    """What kind of address a component may have, such as `redis = ["private"]`; any where nothing is said."""
    subnets: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    """Networks in which a component's address must lie, such as `redis = ["10.166.204.80/29"]`."""
    outside: tuple[str, ...] = ()
    """Variables with addresses that belong to no component."""


class Share(Record):
    """`[[budgets]]`: what one process of a component takes of another, and of its host."""

    component: str
    of: str = ""
    """The component that it connects to."""
    connections: int = Field(default=0, ge=0)
    """Most connections of one process, as its pool allows; held against the server's own limit."""
    memory_mb: float = Field(default=0.0, ge=0)
    """Most memory of one process in MiB; held against that of the machine."""
