"""Events of a Parquet batch column by column: several times as fast as row by row, and the same events and ids.

Only for batches in which every value is what its field needs; any other is read row by row, which says what is wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs] - ships none
from pyarrow import compute as pc  # pyright: ignore[reportMissingTypeStubs] - ships none

from netra.analytics.events import Identities
from netra.analytics.ingest.parse import MAX_TEXT, MAX_TOKENS, Reading, status_of, usd_of
from netra.analytics.ingest.rows import EventColumns
from netra.analytics.pricing import PriceCatalogue
from netra.analytics.scope import EARLIEST, LATEST

# pyarrow has no types.
PA: Any = pa
PC: Any = pc
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FIRST, END = (EARLIEST - EPOCH) // MICROSECOND, (LATEST - EPOCH) // MICROSECOND
FORMAT = "%Y-%m-%d %H:%M:%S"
"""As ClickHouse reads a moment; pyarrow adds six decimals."""
TOKENS = ("input_tokens", "output_tokens")
CONTENT = ("at", "workload", "model", "input_tokens", "output_tokens", "latency_ms", "cost_usd", "status")
"""What makes an event's id, in order; see `Identities`."""


class _OtherError(Exception):
    """The batch holds something that is for the reading row by row."""


@dataclass(frozen=True, kw_only=True)
class Columnar:
    """What the columns are read with."""

    reading: Reading
    prices: PriceCatalogue
    identities: Identities

    def events(self, batch: Any) -> EventColumns | None:
        """The batch's events, or None when it is to be read row by row."""
        if self.reading.dimensions or "event_id" in self.reading.columns:
            return None
        try:
            return self._events(batch)
        except (_OtherError, PA.ArrowException, ValueError):
            return None

    def _events(self, batch: Any) -> EventColumns:
        count = batch.num_rows
        given = {field: batch.column(column) for field, column in self.reading.columns.items()}
        at = _moments(given["at"])
        columns: dict[str, list[Any]] = {"at": PC.strftime(at, format=FORMAT).to_pylist()}
        for field in TOKENS:
            columns[field] = _counts(given[field])
        columns["cached_tokens"] = _counts(given["cached_tokens"]) if "cached_tokens" in given else [0] * count
        if "cached_tokens" in given and any(map(int.__gt__, columns["cached_tokens"], columns["input_tokens"])):
            raise _OtherError
        texts = self._texts(given, count)
        stated = [usd_of(cell) for cell in given["cost_usd"].to_pylist()] if "cost_usd" in given else [None] * count
        columns |= texts | {"latency_ms": _durations(given["latency_ms"]) if "latency_ms" in given else [None] * count}
        columns["cost_usd"] = [None if cost is None else str(cost) for cost in stated]
        costs = self._costs(columns, at.cast(PA.int64()).to_pylist(), stated)
        # Last, for an id that is made counts: nothing may fail after it.
        columns["event_id"] = self._ids(columns)
        columns["cost_usd"] = costs
        return EventColumns(count=count, columns=columns)

    def _texts(self, given: dict[str, Any], count: int) -> dict[str, list[str]]:
        reading = self.reading
        shapes: dict[str, tuple[Callable[[str], str], str]] = {
            "workload": (lambda text: text or reading.workload, reading.workload),
            "model": (lambda text: text or reading.model or "unknown", reading.model or "unknown"),
            "provider": (str.lower, ""),
            "status": (status_of, "ok"),
        }
        return {
            field: _labels(given[field], shape, absent) if field in given else [absent] * count
            for field, (shape, absent) in shapes.items()
        }

    def _ids(self, columns: dict[str, list[Any]]) -> list[str]:
        """The ids that the rows have when they are read one by one."""
        moments = [_iso(text) for text in columns["at"]]
        others = (columns[field] for field in CONTENT[1:])
        of_content, dumps = self.identities.of_content, orjson.dumps
        return [of_content(dumps([*content, []])).hex() for content in zip(moments, *others, strict=True)]

    def _costs(self, columns: dict[str, list[Any]], at: list[int], stated: list[Decimal | None]) -> list[str | None]:
        """What each request cost, as stated or by the catalogue; names providers that the catalogue knows."""
        models, providers = columns["model"], columns["provider"]
        costs = [None if cost is None else f"{cost:f}" for cost in stated]
        tokens = zip(*(columns[field] for field in (*TOKENS, "cached_tokens")), strict=True)
        for number, (tokens_in, tokens_out, cached) in enumerate(tokens):
            known = self.prices.find(models[number], providers[number])
            if costs[number] is None and known is not None:
                moment = EPOCH + timedelta(microseconds=at[number])
                costs[number] = f"{self.prices.cost(known, moment, tokens_in, tokens_out, cached):f}"
            if not providers[number]:
                providers[number] = known.provider if known else "unknown"
        return costs


def _moments(column: Any) -> Any:
    """Microseconds since 1970 in UTC; what is finer is cut."""
    if not PA.types.is_timestamp(column.type) or column.null_count:
        raise _OtherError
    at = column.cast(PA.timestamp("us", tz=column.type.tz), safe=False).cast(PA.timestamp("us"))
    bounds = PC.min_max(at.cast(PA.int64())).as_py()
    if len(at) and not FIRST <= bounds["min"] <= bounds["max"] < END:
        raise _OtherError
    return at


def _counts(column: Any) -> list[int]:
    if not PA.types.is_integer(column.type) or column.null_count:
        raise _OtherError
    bounds = PC.min_max(column).as_py()
    if len(column) and not 0 <= bounds["min"] <= bounds["max"] <= MAX_TOKENS:
        raise _OtherError
    return column.to_pylist()


def _durations(column: Any) -> list[float | None]:
    if not (PA.types.is_floating(column.type) or PA.types.is_integer(column.type)):
        raise _OtherError
    numbers = column.cast(PA.float64())
    if PC.any(PC.or_(PC.invert(PC.is_finite(numbers)), PC.less(numbers, 0))).as_py():
        raise _OtherError
    return numbers.to_pylist()


def _labels(column: Any, shape: Callable[[str], str], absent: str) -> list[str]:
    """Texts of which there are few, each looked at once."""
    encoded = column if PA.types.is_dictionary(column.type) else PC.dictionary_encode(column)
    if not (PA.types.is_string(encoded.type.value_type) or PA.types.is_large_string(encoded.type.value_type)):
        raise _OtherError
    texts = [str(text or "").strip() for text in encoded.dictionary.to_pylist()]
    if any(len(text) > MAX_TEXT for text in texts):
        raise _OtherError
    shaped = [shape(text) for text in texts]
    return [absent if index is None else shaped[index] for index in encoded.indices.to_pylist()]


def _iso(text: str) -> str:
    """As `datetime.isoformat` writes it."""
    return f"{text.removesuffix('.000000').replace(' ', 'T')}+00:00"
