"""What comes near a limit of the host while everything still works; pure."""

from collections.abc import Sequence

from pydantic import JsonValue

from goldenpath.facts import Finding, Observation
from goldenpath.manifest.model import System

CHECK = "limits"
FILES = 0.8
"""Share of the limit on open files from which the next load may reach it."""
ROOM = 0.05
"""Share of a disk that should be free: below it there is little time left."""


def check_limits(system: System, observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """A finding for each limit that is near; none of them blocks."""
    del system
    found = [(o, words) for o in observations if (words := _near(o))]
    return tuple(
        Finding(
            check=CHECK,
            subject=o.subject,
            verdict="fail",
            statement=words,
            observations=(o.id,),
            required=False,
        )
        for o, words in found
    )


def _near(observation: Observation) -> str:
    value = observation.value if isinstance(observation.value, dict) else {}
    match observation.name:
        case "host.files":
            opened, limit = _number(value, "open"), _number(value, "limit")
            return f"{opened:.0f} of {limit:.0f} files are open" if limit and opened >= FILES * limit else ""
        case "host.disk":
            free, total = _number(value, "free"), _number(value, "total")
            return f"{free / total:.1%} of the disk at {value.get('folder')} is free" if free < ROOM * total else ""
        case "host.kills":
            count = _number(value, "count")
            return f"the kernel has killed {count:.0f} processes of it for memory" if count else ""
        case _:
            return ""


def _number(value: dict[str, JsonValue], name: str) -> float:
    found = value.get(name)
    return float(found) if isinstance(found, int | float) else 0.0
