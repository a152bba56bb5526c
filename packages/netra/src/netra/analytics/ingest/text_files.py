"""CSV and JSON lines row by row; a row that cannot be read says why."""

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import orjson

from netra.analytics.ingest.rows import Reject, Row
from netra.errors import InvalidError

DELIMITERS = (",", ";", "\t")
LOOKED_AT = 100
"""Lines whose keys are taken for the columns of a JSON lines file."""


def text_of(line: bytes) -> str:
    """The line as text; bytes that are not UTF-8 stay visible and make the row a reject later."""
    return line.decode("utf-8", errors="surrogateescape")


class CsvSource:
    """A CSV file with a header; comma, semicolon or tab by what the header holds most of."""

    def __init__(self, path: Path) -> None:
        """Open the file and read its header."""
        self.columns, delimiter = _header(path)
        self._file: BinaryIO = path.open("rb")
        self._file.readline()
        self._size = max(path.stat().st_size, 1)
        self._reader = csv.reader((text_of(line) for line in self._file), delimiter=delimiter, strict=True)

    def rows(self) -> Iterator[Row | Reject]:
        """Every row; a row of another width, or with a broken quote, is a reject."""
        while True:
            number = self._reader.line_num + 2
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Reject(number=number, reason=f"not CSV: {error}", cells=())
                continue
            if cells:
                yield self._row(number, cells)

    def _row(self, number: int, cells: list[str]) -> Row | Reject:
        if len(cells) != len(self.columns):
            reason = f"has {len(cells)} fields, the header has {len(self.columns)}"
            return Reject(number=number, reason=reason, cells=cells)
        if any(not cell.isascii() and not _is_utf8(cell) for cell in cells):
            return Reject(
                number=number, reason="is not UTF-8", cells=[c.encode("utf-8", "replace").decode() for c in cells]
            )
        return Row(number=number, values=dict(zip(self.columns, cells, strict=True)))

    def done(self) -> float:
        """By bytes."""
        return self._file.tell() / self._size

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _header(path: Path) -> tuple[tuple[str, ...], str]:
    """The columns and the delimiter that the first line shows."""
    with path.open("rb") as file:
        header = text_of(file.readline()).removeprefix("\ufeff")
    delimiter = max(DELIMITERS, key=header.count)
    columns = tuple(name for names in csv.reader([header], delimiter=delimiter) for name in names)
    if not columns or len(set(columns)) < len(columns):
        raise InvalidError("the first line must name each column once", where=f"{path}:1")
    return columns, delimiter


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class JsonLines:
    """One JSON object a line; the columns are the keys of the first hundred."""

    def __init__(self, path: Path) -> None:
        """Open the file and look at its beginning."""
        with path.open("rb") as file:
            seen = [_object(line) for line in itertools.islice(file, LOOKED_AT)]
        self.columns = tuple(dict.fromkeys(key for values in seen if isinstance(values, dict) for key in values))
        self._file: BinaryIO = path.open("rb")
        self._size = max(path.stat().st_size, 1)

    def rows(self) -> Iterator[Row | Reject]:
        """Every object; a line that is none is a reject."""
        for number, line in enumerate(self._file, start=1):
            if not line.strip():
                continue
            values = _object(line)
            if isinstance(values, str):
                yield Reject(number=number, reason=values, cells=(line.decode("utf-8", "replace").rstrip("\r\n"),))
            else:
                yield Row(number=number, values=values)

    def done(self) -> float:
        """By bytes."""
        return self._file.tell() / self._size

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _object(line: bytes) -> dict[str, object] | str:
    """The line's object, or why it is none."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return f"is not JSON: {error}"
    return cast("dict[str, object]", value) if isinstance(value, dict) else "is not a JSON object"
