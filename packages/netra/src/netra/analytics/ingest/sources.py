"""Usage files row by row: CSV, JSON lines and Parquet; a row that cannot be read says why."""

import csv
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import orjson
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs] - ships none
from pyarrow import parquet  # pyright: ignore[reportMissingTypeStubs] - ships none

from netra.errors import InvalidError

DELIMITERS = (",", ";", "\t")
PARQUET_BATCH = 10_000
UNREADABLE: tuple[type[Exception], ...] = (OSError, cast("type[Exception]", cast("Any", pa).ArrowException), csv.Error)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row that could be read; `number` is its line in the file (in Parquet its row), from 1."""

    number: int
    values: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reject:
    """A row that cannot be imported, and why; `cells` is what stands there."""

    number: int
    reason: str
    cells: Sequence[object] | Mapping[str, object]


class Source(Protocol):
    """A usage file that is open for reading."""

    columns: tuple[str, ...]

    def rows(self) -> Iterator[Row | Reject]:
        """Every row in order."""
        ...

    def done(self) -> float:
        """How much has been read, from 0 to 1."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


def open_source(path: Path) -> Source:
    """Open a file by the ending of its name; raises InvalidError when it is not one of the three or cannot be read."""
    kinds = {".csv": CsvSource, ".tsv": CsvSource, ".jsonl": JsonLines, ".ndjson": JsonLines, ".parquet": ParquetSource}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise InvalidError(
            f"{path.suffix or 'no'} is not a known ending", where=str(path), hint="use " + ", ".join(kinds)
        )
    try:
        return kind(path)
    except UNREADABLE as error:
        raise InvalidError(f"cannot be read: {error}", where=str(path)) from error


def text_of(line: bytes) -> str:
    """The line as text; bytes that are not UTF-8 stay visible and make the row a reject later."""
    return line.decode("utf-8", errors="surrogateescape")


class CsvSource:
    """A CSV file with a header; comma, semicolon or tab by what the header holds most of."""

    def __init__(self, path: Path) -> None:
        """Open the file and read its header."""
        self._file: BinaryIO = path.open("rb")
        self._size = max(path.stat().st_size, 1)
        header = text_of(self._file.readline()).removeprefix("\ufeff")
        delimiter = max(DELIMITERS, key=header.count)
        self.columns = tuple(name for names in csv.reader([header], delimiter=delimiter) for name in names)
        if not self.columns or len(set(self.columns)) < len(self.columns):
            raise InvalidError("the first line must name each column once", where=f"{path}:1")
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
        self._file: BinaryIO = path.open("rb")
        self._size = max(path.stat().st_size, 1)
        seen = (_object(line) for line in itertools.islice(self._file, 100))
        self.columns = tuple(dict.fromkeys(key for values in seen if isinstance(values, dict) for key in values))
        self._file.seek(0)

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


class ParquetSource:
    """A Parquet file, read in batches."""

    def __init__(self, path: Path) -> None:
        """Open the file and read its schema."""
        self._file: Any = cast("Any", parquet).ParquetFile(path)  # pyarrow ships no types
        self._count = max(int(self._file.metadata.num_rows), 1)
        self._read = 0
        self.columns = tuple(str(name) for name in self._file.schema_arrow.names)

    def rows(self) -> Iterator[Row | Reject]:
        """Every row; Parquet itself guarantees their shape."""
        for batch in self._file.iter_batches(batch_size=PARQUET_BATCH):
            for values in batch.to_pylist():
                self._read += 1
                yield Row(number=self._read, values=values)

    def done(self) -> float:
        """By rows."""
        return self._read / self._count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
