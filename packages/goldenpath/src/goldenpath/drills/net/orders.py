"""What a program is told that changes the network, and which processes hold the parts of it."""

from pydantic import Field, TypeAdapter

from goldenpath.drills.net.faults import NetworkFault
from goldenpath.drills.net.plan import Part
from goldenpath.facts import Record

PARTS_OF_FILE = TypeAdapter(dict[Part, int])


class Order(Record):
    """What to do in one part."""

    part: Part
    fault: NetworkFault | None = None
    """None: take everything back."""
    port: int = Field(default=0, ge=0)
    """Of the component that the fault names."""


ORDERS = TypeAdapter(tuple[Order, ...])
