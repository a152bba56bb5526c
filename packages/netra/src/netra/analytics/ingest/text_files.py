"""CSV and JSON lines row by row; a row that cannot be read says why."""

import csv
import itertools
from collections.abc import Iterator
from contextlib import closing
from typing import cast

import orjson

from netra.analytics.ingest.packed import UsageFile
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

    def __init__(self, file: UsageFile) -> None:
        """Open the file and read its header."""
        self.columns, delimiter = _header(file)
        self._bytes = file.open()
        self._bytes.stream.readline()
        self._reader = csv.reader((text_of(line) for line in self._bytes.stream), delimiter=delimiter, strict=True)

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
        return self._bytes.share()

    def close(self) -> None:
        """Close the file."""
        self._bytes.close()


def _header(file: UsageFile) -> tuple[tuple[str, ...], str]:
    """The columns and the delimiter that the first line shows."""
    with closing(file.open()) as opened:
        header = text_of(opened.stream.readline()).removeprefix("\ufeff")
    delimiter = max(DELIMITERS, key=header.count)
    columns = tuple(name for names in csv.reader([header], delimiter=delimiter) for name in names)
    if not columns or len(set(columns)) < len(columns):
        raise InvalidError("the first line must name each column once", where=f"{file.path}:1")
    return columns, delimiter


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class JsonLines:
    """One JSON object a line; the columns are the keys of the first hundred."""

    def __init__(self, file: UsageFile) -> None:
        """Open the file and look at its beginning."""
        with closing(file.open()) as opened:
            seen = [_object(line) for line in itertools.islice(opened.stream, LOOKED_AT)]
        self.columns = tuple(dict.fromkeys(key for values in seen if isinstance(values, dict) for key in values))
        self._bytes = file.open()

    def rows(self) -> Iterator[Row | Reject]:
        """Every object; a line that is none is a reject."""
        for number, line in enumerate(self._bytes.stream, start=1):
            if not line.strip():
                continue
            values = _object(line)
            if isinstance(values, str):
                yield Reject(number=number, reason=values, cells=(line.decode("utf-8", "replace").rstrip("\r\n"),))
            else:
                yield Row(number=number, values=values)

    def done(self) -> float:
        """By bytes."""
        return self._bytes.share()

    def close(self) -> None:
        """Close the file."""
        self._bytes.close()


def _object(line: bytes) -> dict[str, object] | str:
    """The line's object, or why it is none."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return f"is not JSON: {error}"
    return cast("dict[str, object]", value) if isinstance(value, dict) else "is not a JSON object"
