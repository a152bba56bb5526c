"""Reading what components wrote: the last lines of their JSON-line logs, oldest first."""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue

Line = dict[str, JsonValue]
BLOCK_BYTES = 256 * 1024


def last_lines(paths: Iterable[Path], *, since: datetime | None, limit: int) -> list[Line]:
    """The last lines of these files together, in order of time."""
    found = [line for path in paths for line in _last(path, since, limit)]
    found.sort(key=lambda line: written_at(line) or datetime.min.replace(tzinfo=UTC))
    return found[-limit:]


class Follower:
    """Reads what is appended to files, from their present end on."""

    def __init__(self, paths: Iterable[Path]) -> None:
        """Start behind what these files hold now; files that come later are read from their start."""
        self._read = {path: path.stat().st_size for path in paths}

    def new_lines(self, paths: Iterable[Path]) -> list[Line]:
        """The whole lines that came since the last call."""
        return [line for path in paths for raw in self._new(path) if (line := parsed(raw)) is not None]

    def _new(self, path: Path) -> list[bytes]:
        known = self._read.get(path, 0)
        # A log that was set aside for its size starts again with a short file.
        start = known if known <= path.stat().st_size else 0
        with path.open("rb") as file:
            file.seek(start)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read[path] = start + len(whole)
        return whole.splitlines()


def parsed(raw: bytes) -> Line | None:
    """The line's fields; None for one that was cut short by a crash."""
    try:
        value: JsonValue = json.loads(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def written_at(line: Line) -> datetime | None:
    """When the line was written; None when it has no readable time with a zone."""
    try:
        at = datetime.fromisoformat(str(line.get("at")))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def text_of(line: Line) -> str:
    """The words of a line."""
    said = [line.get("event") or line.get("message") or line.get("msg"), line.get("phase"), line.get("outcome")]
    words = " ".join(str(word) for word in said if word)
    cause = line.get("cause") or line.get("error")
    return f"{words}: {cause}" if cause else words


def _last(path: Path, since: datetime | None, limit: int) -> list[Line]:
    found: list[Line] = []
    for raw in _backwards(path):
        line = parsed(raw)
        if line is None:
            continue
        at = written_at(line)
        if len(found) == limit or (since and at and at < since):
            break
        found.append(line)
    return found[::-1]


def _backwards(path: Path) -> Iterator[bytes]:
    """The lines of a file, last first, without reading more of it than is asked for."""
    if not path.exists():
        return
    with path.open("rb") as file:
        position, rest = file.seek(0, os.SEEK_END), b""
        while position:
            size = min(BLOCK_BYTES, position)
            position = file.seek(position - size)
            first, *whole = (file.read(size) + rest).split(b"\n")
            yield from (line for line in reversed(whole) if line)
            rest = first
        if rest:
            yield rest
