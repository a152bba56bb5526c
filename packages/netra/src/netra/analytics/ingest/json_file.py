"""A JSON file with one list of objects, as APIs and export buttons give it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import orjson

from netra.analytics.ingest.packed import UsageFile
from netra.analytics.ingest.rows import Reject, Row
from netra.errors import InvalidError

LARGEST = 256 * 1024 * 1024
"""It is read whole; a larger one is better JSON lines."""
LISTS = ("data", "observations", "logs", "requests", "rows")
"""Where APIs put the list, when the file holds an object around it."""


class JsonFile:
    """A list of objects; the columns are the keys of all of them."""

    def __init__(self, file: UsageFile) -> None:
        """Read the file; raises InvalidError when it holds no list."""
        path, opened = file.path, file.open()
        with closing(opened):
            content = opened.stream.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise InvalidError(f"is over {LARGEST} bytes", where=str(path), hint="make it JSON lines: jq -c '.[]'")
        try:
            value: Any = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise InvalidError(f"is not JSON: {error}", where=str(path), hint="JSON lines end in .jsonl") from error
        self._items = _list(value, path)
        objects = (cast("dict[str, object]", item) for item in self._items if isinstance(item, dict))
        self.columns = tuple(dict.fromkeys(key for item in objects for key in item))
        self._read = 0

    def rows(self) -> Iterator[Row | Reject]:
        """Every object; anything else in the list is a reject."""
        for number, item in enumerate(self._items, start=1):
            self._read = number
            if isinstance(item, dict):
                yield Row(number=number, values=cast("dict[str, object]", item))
            else:
                yield Reject(number=number, reason="is not a JSON object", cells=(item,))

    def done(self) -> float:
        """By objects."""
        return self._read / max(len(self._items), 1)

    def close(self) -> None:
        """Let go of what was read."""
        self._items = []


def _list(value: Any, path: Path) -> list[Any]:
    held = value
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        held = next((found[name] for name in LISTS if isinstance(found.get(name), list)), None)
    if not isinstance(held, list):
        raise InvalidError("holds no list of objects", where=str(path), hint="one object a line is .jsonl")
    return cast("list[Any]", held)
