"""Parquet files, in batches of columns or row by row. See `sources` for why it is a module of its own."""

from collections.abc import Iterator
from typing import Any, cast

import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs] - ships none
from pyarrow import parquet  # pyright: ignore[reportMissingTypeStubs] - ships none

from netra.analytics.events import Identities
from netra.analytics.ingest.columnar import Columnar
from netra.analytics.ingest.packed import UsageFile
from netra.analytics.ingest.parse import Reading
from netra.analytics.ingest.rows import EventColumns, Reject, Row
from netra.analytics.pricing import PriceCatalogue
from netra.errors import InvalidError

PARQUET_BATCH = 50_000
PA: Any = pa
UNREADABLE: type[Exception] = cast("Any", pa).ArrowException


class ParquetBatch:
    """Some rows of the file, which may be had as columns or one by one."""

    def __init__(self, batch: Any, first: int) -> None:
        """These rows, of which the first has this number."""
        self._batch = batch
        self._first = first

    def events(self, reading: Reading, prices: PriceCatalogue, identities: Identities) -> EventColumns | None:
        """Their events, or None when something in them is to be looked at row by row."""
        return Columnar(reading=reading, prices=prices, identities=identities).events(self._batch)

    def rows(self) -> Iterator[Row | Reject]:
        """Every row; Parquet itself guarantees their shape."""
        for number, values in enumerate(_cut(self._batch).to_pylist(), start=self._first):
            yield Row(number=number, values=values)


class ParquetSource:
    """A Parquet file, read in batches."""

    def __init__(self, file: UsageFile) -> None:
        """Open the file and read its schema."""
        try:
            self._file: Any = cast("Any", parquet).ParquetFile(file.path)
        except UNREADABLE as error:
            raise InvalidError(f"is no Parquet file: {error}", where=str(file.path)) from error
        self._count = max(int(self._file.metadata.num_rows), 1)
        self._read = 0
        self.columns = tuple(str(name) for name in self._file.schema_arrow.names)

    def batches(self) -> Iterator[ParquetBatch]:
        """Every row, in batches."""
        for batch in self._file.iter_batches(batch_size=PARQUET_BATCH):
            first = self._read + 1
            self._read += batch.num_rows
            yield ParquetBatch(batch, first)

    def rows(self) -> Iterator[Row | Reject]:
        """Every row."""
        for batch in self.batches():
            yield from batch.rows()

    def done(self) -> float:
        """By rows."""
        return self._read / self._count

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _cut(batch: Any) -> Any:
    """The batch without nanoseconds, which Python's moments do not have."""
    for number, column in enumerate(batch.schema):
        if PA.types.is_timestamp(column.type) and column.type.unit == "ns":
            moments = batch.column(number).cast(PA.timestamp("us", tz=column.type.tz), safe=False)
            batch = batch.set_column(number, column.name, moments)
    return batch
