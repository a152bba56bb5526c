"""Log files of JSON lines as an independent reader sees them, from the moment a run begins."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import JsonValue, TypeAdapter, ValidationError

OBJECT: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


class LogReader:
    """Follows log files from where they end now, and remembers the values that carry the mark of this run."""

    def __init__(self, paths: tuple[str, ...], field: str, mark: str) -> None:
        """Read only what is written from now on."""
        self._field = field
        self._mark = mark.encode()
        self._offsets = {Path(path): _size(Path(path)) for path in paths}
        self._values: list[str] = []

    def count(self, nonce: str) -> int:
        """Log lines so far whose field carries this nonce."""
        for path in self._offsets:
            self._values += (self._value(line) for line in self._fresh(path) if self._mark in line)
        return sum(nonce in value for value in self._values)

    def _fresh(self, path: Path) -> Iterator[bytes]:
        if _size(path) <= self._offsets[path]:
            return
        with path.open("rb") as file:
            file.seek(self._offsets[path])
            read = file.read()
        whole = read[: read.rfind(b"\n") + 1]
        self._offsets[path] += len(whole)
        yield from whole.splitlines()

    def _value(self, line: bytes) -> str:
        try:
            return str(OBJECT.validate_json(line).get(self._field, ""))
        except ValidationError:
            return ""


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
