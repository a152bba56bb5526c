"""Parquet files row by row. See `sources` for why it is a module of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs] - ships none
from pyarrow import parquet  # pyright: ignore[reportMissingTypeStubs] - ships none

from netra.analytics.ingest.rows import Reject, Row
from netra.errors import InvalidError

PARQUET_BATCH = 10_000
UNREADABLE: type[Exception] = cast("Any", pa).ArrowException


class ParquetSource:
    """A Parquet file, read in batches."""

    def __init__(self, path: Path) -> None:
        """Open the file and read its schema."""
        try:
            self._file: Any = cast("Any", parquet).ParquetFile(path)
        except UNREADABLE as error:
            raise InvalidError(f"cannot be read: {error}", where=str(path)) from error
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
