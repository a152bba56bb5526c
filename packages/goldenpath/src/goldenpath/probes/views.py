"""What a datastore says of itself, as plain JSON by the name of a view; read with the system's own log-in."""

from pydantic import Field, JsonValue

from goldenpath.facts import Record
from goldenpath.probes.phase import Phase

Views = dict[str, JsonValue]
"""Such as `connections`, `blocked`, `settings`, `schema`; a view that the log-in may not read is absent."""
NUMBERS = (int, float)


class Asked(Record):
    """The answer of one server: its views, or the phase in which the asking ended."""

    views: Views = Field(default_factory=dict[str, JsonValue])
    failed: Phase | None = None
    refused: dict[str, str] = Field(default_factory=dict[str, str])
    """Views that the log-in may not read, and why."""


def part(value: JsonValue, name: str) -> JsonValue:
    """One field of an object; None when it has none."""
    return value.get(name) if isinstance(value, dict) else None


def whole(value: JsonValue, name: str) -> int:
    """The same as a whole number; 0 when it is none."""
    found = part(value, name)
    return int(found) if isinstance(found, NUMBERS) and not isinstance(found, bool) else 0
