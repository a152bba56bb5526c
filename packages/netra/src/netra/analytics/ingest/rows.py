"""What a usage file is read as: rows, and rejects that say why they cannot be imported."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from netra.analytics.events import Identities
from netra.analytics.ingest.parse import Reading
from netra.analytics.pricing import PriceCatalogue


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


@dataclass(frozen=True, kw_only=True, slots=True)
class EventColumns:
    """Events as lists of equal length by the table's columns; the columns that say whose they are come later."""

    count: int
    columns: Mapping[str, Sequence[object]]


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


class Batch(Protocol):
    """Some rows of a file that is kept by columns."""

    def events(self, reading: Reading, prices: PriceCatalogue, identities: Identities) -> EventColumns | None:
        """Their events, or None when something in them is to be looked at row by row."""
        ...

    def rows(self) -> Iterator[Row | Reject]:
        """Every row in order."""
        ...


@runtime_checkable
class Batched(Source, Protocol):
    """A file that is kept by columns."""

    def batches(self) -> Iterator[Batch]:
        """All of its rows."""
        ...
