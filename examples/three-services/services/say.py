"""What the services say while they work: one JSON object a line, on stderr."""

import json
import sys
from datetime import UTC, datetime


def say(event: str, level: str = "info", **fields: object) -> None:
    """Write one line."""
    line = {"at": datetime.now(UTC).isoformat(), "level": level, "event": event, **fields}
    print(json.dumps(line, default=str), file=sys.stderr, flush=True)
