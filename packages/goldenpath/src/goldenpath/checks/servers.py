"""What datastores say of themselves: limits that come near, waits, and what differs from the last good state; pure."""

from collections.abc import Sequence

from pydantic import JsonValue

from goldenpath.facts import Finding, Observation
from goldenpath.manifest.model import System

CHECK = "server"
CONNECTIONS, MEMORY = 0.8, 0.9
"""Shares of a limit from which the next load may reach it."""
WAIT_S = 1.0
"""A wait for a lock that is no part of life."""
Value = dict[str, JsonValue]


def check_servers(system: System, observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """A finding for each thing that is out of order inside a datastore; none of them blocks."""
    del system
    found = [(o, words) for o in observations if (words := _wrong(o))]
    return tuple(
        Finding(check=CHECK, subject=o.subject, verdict="fail", statement=words, observations=(o.id,), required=False)
        for o, words in found
    )


def _wrong(observation: Observation) -> str:
    value: Value = observation.value if isinstance(observation.value, dict) else {}
    match observation.name:
        case "server.connections":
            return _share(value, "connections", CONNECTIONS)
        case "server.memory":
            return _share(value, "bytes of memory", MEMORY)
        case "server.blocked":
            return _waits(observation.value)
        case "server.setting_changed":
            before, after = value.get("before"), value.get("after")
            return f"its setting {value.get('name')} was {before} when all was well, and is {after}"
        case "server.schema_changed":
            return f"its {value.get('kind')} {value.get('name')} is {value.get('change')} since all was well"
        case _:
            return ""


def _share(value: Value, what: str, most: float) -> str:
    used, limit = _number(value, "used"), _number(value, "max")
    return f"{used:.0f} of {limit:.0f} {what} are taken" if limit and used >= most * limit else ""


def _waits(value: JsonValue) -> str:
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    longest = max((_number(row, "waits_s") for row in rows), default=0.0)
    return f"{len(rows)} statements wait for locks, one for {longest:.0f} s" if longest >= WAIT_S else ""


def _number(value: Value, name: str) -> float:
    found = value.get(name)
    return float(found) if isinstance(found, int | float) else 0.0
