"""One child's log: every line it writes becomes one JSON line, in the order in which it came."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

MAX_TEXT = 64 * 1024
"""Bytes of one line; a longer one is cut into several."""
CLOSED = -1
"""In place of a descriptor: a number that was closed may be somebody else's by now."""
ROTATE_BYTES = 64 * 1024 * 1024
"""A log that has grown to this size is set aside as `.1`; only the last two are kept."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Whose lines these are."""

    component: str
    revision: str
    replica: int


class ChildLog:
    """Appends JSON lines to a file that only its owner can read."""

    def __init__(self, path: Path, origin: Origin) -> None:
        """Open the file, behind what an earlier process of the same name wrote."""
        self.path = path
        self._origin = origin
        self._open()

    def lines(self, stream: str, lines: list[bytes]) -> None:
        """Write lines of the child's stdout or stderr."""
        self._write(b"".join(wrapped(line, stream, self._origin) for line in lines if line))

    def note(self, event: str, level: str = "info", **fields: object) -> None:
        """Write what the supervisor has to say of this child."""
        said = {"level": level, "event": event, **fields}
        self._write(_line(said, "supervisor", self._origin))

    def close(self) -> None:
        """Close the file; again is harmless, since two requests may end the same child at the same time."""
        if self._file != CLOSED:
            os.close(self._file)
            self._file = CLOSED

    def _open(self) -> None:
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._file).st_size

    def _write(self, data: bytes) -> None:
        if self._file == CLOSED:
            self._open()
        if self._size > ROTATE_BYTES:
            self.close()
            self.path.replace(self.path.with_suffix(".jsonl.1"))
            self._open()
        os.write(self._file, data)
        self._size += len(data)


def wrapped(line: bytes, stream: str, origin: Origin) -> bytes:
    """The JSON line of a child's line: its own fields if it is a JSON object, else its text as `message`."""
    if line.startswith(b"{"):
        try:
            return _line(cast("dict[str, object]", json.loads(line)), stream, origin)
        except ValueError:
            pass
    return _line({"message": line.decode(errors="replace")}, stream, origin)


def _line(fields: dict[str, object], stream: str, origin: Origin) -> bytes:
    """Where a line came from is ours to say; when it was written, the child knows better."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    source = {"component": origin.component, "revision": origin.revision, "replica": origin.replica, "stream": stream}
    return json.dumps({"at": at, **fields, **source}, ensure_ascii=False).encode(errors="replace") + b"\n"
