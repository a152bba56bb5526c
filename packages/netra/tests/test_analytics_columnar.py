"""A Parquet batch gives the same events and ids by columns as row by row, or is left to the rows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs] - ships none
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet  # pyright: ignore[reportMissingTypeStubs] - ships none

from netra.analytics.events import Identities, row
from netra.analytics.ingest.columns import resolve
from netra.analytics.ingest.packed import UsageFile
from netra.analytics.ingest.parquet_files import ParquetBatch, ParquetSource
from netra.analytics.ingest.parse import Parsed, Reading, parse
from netra.analytics.ingest.rows import Row
from netra.analytics.pricing import PriceCatalogue

PA: Any = pa
TENANT, IMPORT = uuid4(), uuid4()
PRICES = PriceCatalogue()
FIELDS = ("event_id", "at", "workload", "model", "provider", "input_tokens", "output_tokens", "cached_tokens")
MORE = ("latency_ms", "cost_usd", "status")

requests = st.fixed_dictionaries(
    {
        "at": st.integers(0, 10**12).map(lambda us: datetime(2023, 1, 1, tzinfo=UTC) + timedelta(microseconds=us * 97)),
        "input_tokens": st.integers(0, 300_000),
        "output_tokens": st.integers(0, 5000),
        "cached_tokens": st.just(0),
        "model": st.sampled_from(["gpt-4o", "claude-sonnet-4-5", "deepseek-chat", " gpt-4o ", "my-own", "", None]),
        "provider": st.sampled_from(["openai", "OpenAI", "", None]),
        "workload": st.sampled_from(["chat", "", None, "a\x00b"]),
        "latency_ms": st.none() | st.floats(0, 1e9),
        "cost_usd": st.none() | st.sampled_from([0.0, 0.5, 1e-12, 3.3e-7]),
        "status": st.sampled_from(["ok", "Success", "timeout", None]),
    }
)


def table(rows: list[dict[str, Any]], **types: Any) -> Any:
    schema = {
        "at": PA.timestamp("us", tz="UTC"),
        "input_tokens": PA.int64(),
        "output_tokens": PA.uint32(),
        "cached_tokens": PA.int32(),
        "model": PA.string(),
        "provider": PA.large_string(),
        "workload": PA.dictionary(PA.int32(), PA.string()),
        "latency_ms": PA.float64(),
        "cost_usd": PA.float64(),
        "status": PA.string(),
    }
    return PA.Table.from_pylist(rows, PA.schema([*{**schema, **types}.items()]))


def reading_of(columns: Any, **given_columns: str) -> Reading:
    return Reading(columns=resolve(columns, given_columns), workload="file", model="gpt-4o-mini")


def by_columns(batch: Any) -> list[tuple[Any, ...]] | None:
    identities = Identities(TENANT, "x")
    found = ParquetBatch(batch, 1).events(reading_of(batch.schema.names), PRICES, identities)
    if found is None:
        return None
    return list(zip(*(found.columns[field] for field in (*FIELDS, *MORE)), strict=True))


def by_rows(batch: Any) -> list[tuple[Any, ...]]:
    identities, reading = Identities(TENANT, "x"), reading_of(batch.schema.names)
    made: list[tuple[Any, ...]] = []
    for found in ParquetBatch(batch, 1).rows():
        assert isinstance(found, Row)
        parsed = parse(found.values, reading, PRICES)
        assert isinstance(parsed, Parsed), parsed
        event_id = identities.of(parsed.event, parsed.stated_cost)
        as_row = row(parsed.event, tenant_id=TENANT, event_id=event_id, import_id=IMPORT)
        as_row["event_id"] = event_id.hex
        made.append(tuple(as_row[field] for field in (*FIELDS, *MORE)))
    return made


@given(st.lists(requests, min_size=1, max_size=12), st.sampled_from(["us", "ms", "ns", "s"]))
def test_columns_and_rows_give_the_same(rows: list[dict[str, Any]], unit: str) -> None:
    step = {"us": 1, "ms": 1000, "ns": 1, "s": 1_000_000}[unit]
    cut = [{**r, "at": r["at"] - timedelta(microseconds=r["at"].microsecond % step)} for r in rows]
    batch = table([*cut, cut[0]], at=PA.timestamp(unit, tz="UTC")).to_batches()[0]
    assert by_columns(batch) == by_rows(batch)


def test_nanoseconds_are_cut_and_a_moment_without_a_zone_is_in_utc() -> None:
    moments = PA.array([1_700_000_000_123_456_789], PA.timestamp("ns"))
    columns = [moments, PA.array([1]), PA.array([2])]
    batch = PA.RecordBatch.from_arrays(columns, ["at", "input_tokens", "output_tokens"])
    found = by_columns(batch)
    assert found == by_rows(batch)
    assert found is not None
    assert found[0][1] == "2023-11-14 22:13:20.123456"


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("input_tokens", -1, PA.int64()),
        ("input_tokens", None, PA.int64()),
        ("input_tokens", 2**32, PA.int64()),
        ("input_tokens", 1.5, PA.float64()),
        ("input_tokens", "7", PA.string()),
        ("at", "2026-01-01", PA.string()),
        ("at", None, PA.timestamp("us")),
        ("at", datetime(1960, 1, 1, tzinfo=UTC), PA.timestamp("us", tz="UTC")),
        ("latency_ms", float("nan"), PA.float64()),
        ("latency_ms", -1.0, PA.float64()),
        ("cost_usd", -1.0, PA.float64()),
        ("cost_usd", "much", PA.string()),
        ("model", "x" * 501, PA.string()),
        ("model", 5, PA.int64()),
        ("cached_tokens", 500, PA.int32()),
    ],
)
def test_a_value_that_is_to_be_looked_at_leaves_the_batch_to_the_rows(field: str, value: object, kind: Any) -> None:
    good = dict.fromkeys(("model", "provider", "workload", "latency_ms", "cost_usd", "status"))
    fine = {**good, "at": datetime(2026, 1, 1, tzinfo=UTC), "input_tokens": 7, "output_tokens": 2, "cached_tokens": 0}
    assert by_columns(table([fine]).to_batches()[0])
    types = {field: kind}
    assert by_columns(table([{**fine, field: value}], **types).to_batches()[0]) is None


def test_an_id_that_is_asked_for_is_the_rows_affair(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    columns = [PA.array([datetime(2026, 1, 1, tzinfo=UTC)]), PA.array([1]), PA.array([2]), PA.array(["a"])]
    made = PA.Table.from_arrays(columns, ["at", "input_tokens", "output_tokens", "id"])
    write: Any = parquet.write_table  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - ships none
    write(made, path)
    source = ParquetSource(UsageFile(path))
    (batch,) = source.batches()
    identities = Identities(UUID(int=1), "")
    assert batch.events(reading_of(source.columns, event_id="id"), PRICES, identities) is None
    found = batch.events(reading_of(source.columns), PRICES, identities)
    assert found is not None
    assert found.columns["cost_usd"] == [str(Decimal("0.000001350000"))]
    source.close()
