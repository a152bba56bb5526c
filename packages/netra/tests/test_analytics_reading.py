"""What a row of a usage file means, and which rows are refused with which words."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.analytics.ingest.columns import parse_map, resolve
from netra.analytics.ingest.packed import UsageFile
from netra.analytics.ingest.parse import Parsed, Reading, parse
from netra.analytics.ingest.rows import Reject, Row
from netra.analytics.ingest.sources import open_source
from netra.analytics.pricing import PriceCatalogue
from netra.errors import InvalidError

PRICES = PriceCatalogue()
FIELDS = ("at", "input_tokens", "output_tokens", "workload", "model", "provider", "latency_ms", "cost_usd", "status")
READING = Reading(columns={f: f for f in FIELDS}, workload="usual", model="gpt-4o", dimensions=("team",))
GOOD = {"at": "2026-01-02T03:04:05Z", "input_tokens": "1000", "output_tokens": "100"}


def read(**values: object) -> Parsed | str:
    return parse({**GOOD, **values}, READING, PRICES)


def good(**values: object) -> Parsed:
    parsed = read(**values)
    assert isinstance(parsed, Parsed), parsed
    return parsed


def test_a_row_without_more_than_the_needed_takes_the_rest_from_the_import() -> None:
    event = good().event
    assert (event.workload, event.model, event.provider, event.status) == ("usual", "gpt-4o", "openai", "ok")
    assert (event.cost_usd, event.latency_ms, event.dimensions) == (Decimal("0.0035"), None, {"team": ""})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-11-16 18:17:03.9799600", datetime(2023, 11, 16, 18, 17, 3, 979960, tzinfo=UTC)),
        ("2023-11-16", datetime(2023, 11, 16, tzinfo=UTC)),
        ("20231116", datetime(2023, 11, 16, tzinfo=UTC)),
        ("2023-11-16T20:17:03+02:00", datetime(2023, 11, 16, 18, 17, 3, tzinfo=UTC)),
        ("1700158623", datetime(2023, 11, 16, 18, 17, 3, tzinfo=UTC)),
        (1700158623500, datetime(2023, 11, 16, 18, 17, 3, 500000, tzinfo=UTC)),
        (datetime(2023, 11, 16, 19, tzinfo=timezone(timedelta(hours=1))), datetime(2023, 11, 16, 18, tzinfo=UTC)),
        (datetime(2023, 11, 16, 18), datetime(2023, 11, 16, 18, tzinfo=UTC)),  # noqa: DTZ001 - without a zone it is UTC
    ],
)
def test_moments_are_read_in_utc(text: object, moment: datetime) -> None:
    assert good(at=text).event.at == moment


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"at": ""}, "at: is empty"),
        ({"at": "soon"}, "at: 'soon' is not a date and time"),
        ({"at": "2023-02-30"}, "at: '2023-02-30' is not"),
        ({"at": "1969-12-31"}, "at: 1969-12-31 is not between 1970 and 2100"),
        ({"at": "99999999999999999999"}, "at: '99999999999999999999' is not"),
        ({"input_tokens": None}, "input_tokens: is empty"),
        ({"input_tokens": True}, "input_tokens: True is not a number"),
        ({"input_tokens": "1e400"}, "input_tokens: 1e400 is not between"),
        ({"input_tokens": "Infinity"}, "input_tokens: Infinity is not a whole number"),
        ({"output_tokens": str(2**32)}, "output_tokens: 4294967296 is not between 0 and 4294967295"),
        ({"latency_ms": "fast"}, "latency_ms: 'fast' is not a number"),
        ({"latency_ms": "nan"}, "latency_ms: nan is not a duration"),
        ({"latency_ms": -1}, "latency_ms: -1 is not a duration"),
        ({"cost_usd": "free"}, "cost_usd: 'free' is not an amount"),
        ({"cost_usd": "-0.1"}, "cost_usd: -0.1 is not between"),
        ({"cost_usd": "NaN"}, "cost_usd: NaN is not between"),
        ({"model": "m" * 501}, "model: is longer than 500 characters"),
    ],
)
def test_a_wrong_value_is_refused_by_field_and_reason(values: dict[str, object], reason: str) -> None:
    refused = read(**values)
    assert isinstance(refused, str)
    assert refused.startswith(reason)


def test_a_cost_in_the_file_is_taken_and_one_without_a_price_stays_unknown() -> None:
    assert good(cost_usd="$0.25").event.cost_usd == Decimal("0.25")
    assert good(cost_usd="0").event.cost_usd == 0
    unknown = good(model="in-house-7b").event
    assert (unknown.cost_usd, unknown.provider) == (None, "unknown")


@pytest.mark.parametrize(
    ("said", "kept"), [("200", "ok"), ("Success", "ok"), ("", "ok"), ("429", "429"), ("timeout", "timeout")]
)
def test_a_status_is_ok_or_says_how_it_failed(said: str, kept: str) -> None:
    assert good(status=said).event.status == kept


@given(tokens=st.integers(0, 2**32 - 1), kind=st.sampled_from([int, str, float]))
def test_whole_numbers_are_exact_in_every_kind_of_cell(tokens: int, kind: type) -> None:
    assert good(input_tokens=kind(tokens)).event.input_tokens == tokens


def test_columns_are_found_by_known_names_and_a_map_comes_first() -> None:
    columns = ("TIMESTAMP", "ContextTokens", "GeneratedTokens", "duration_ms")
    assert resolve(columns, {})["latency_ms"] == "duration_ms"
    assert resolve((*columns, "latency_ms"), {"latency_ms": "duration_ms"})["latency_ms"] == "duration_ms"
    assert resolve((*columns, "latency_ms"), {})["latency_ms"] == "latency_ms"
    assert parse_map("at=When, model=Model Name") == {"at": "When", "model": "Model Name"}


@pytest.mark.parametrize("text", ["at", "at=", "nothing=X", "at=X,at=Y"])
def test_a_map_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        parse_map(text)


def test_a_map_to_a_column_that_is_not_there_says_which_are() -> None:
    with pytest.raises(InvalidError, match="no column Wann") as caught:
        resolve(("When", "in", "out"), {"at": "Wann"})
    assert caught.value.hint == "the file has When, in, out"


def rows_of(path: Path, content: bytes) -> list[Row | Reject]:
    path.write_bytes(content)
    source = open_source(UsageFile(path))
    try:
        return list(source.rows())
    finally:
        source.close()


def test_csv_with_byte_order_mark_semicolons_quotes_and_blank_lines(tmp_path: Path) -> None:
    content = '\ufeffat;in\r\n"a;b";1\r\n\r\n"two\nlines";2\r\nlast;3'.encode()
    rows = rows_of(tmp_path / "a.csv", content)
    assert [(r.number, dict(r.values)) for r in rows if isinstance(r, Row)] == [
        (2, {"at": "a;b", "in": "1"}),
        (4, {"at": "two\nlines", "in": "2"}),
        (6, {"at": "last", "in": "3"}),
    ]


def test_csv_rows_that_are_broken_are_rejects_with_their_line(tmp_path: Path) -> None:
    rows = rows_of(tmp_path / "b.csv", b"a,b\n1,2\n1,2,3\n\xff,2\n1\nx,y\n")
    rejects = [(r.number, r.reason) for r in rows if isinstance(r, Reject)]
    assert rejects == [
        (3, "has 3 fields, the header has 2"),
        (4, "is not UTF-8"),
        (5, "has 1 fields, the header has 2"),
    ]
    assert [r.number for r in rows if isinstance(r, Row)] == [2, 6]


def test_json_lines_that_are_none_are_rejects_with_their_line(tmp_path: Path) -> None:
    rows = rows_of(tmp_path / "c.jsonl", b'{"a": 1}\n\n[1]\n{"a": \n{"b": 2}\n')
    assert [(r.number, isinstance(r, Row)) for r in rows] == [(1, True), (3, False), (4, False), (5, True)]


@pytest.mark.parametrize("content", [b"", b"a,a\n1,2\n"])
def test_a_csv_without_a_usable_header_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidError, match="must name each column once"):
        rows_of(tmp_path / "d.csv", content)


@pytest.mark.parametrize(("name", "content"), [("e.parquet", b"no parquet"), ("e.xlsx", b""), ("e", b"")])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(InvalidError):
        rows_of(tmp_path / name, content)
