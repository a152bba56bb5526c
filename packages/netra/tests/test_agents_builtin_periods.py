"""Periods as people name them, and the moments they mean."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.agents.builtin.dates import find
from netra.agents.builtin.periods import calendar, moment, settle

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
"""A Sunday."""
FRESH = NOW - timedelta(minutes=5)
OLD = datetime(2023, 11, 16, 19, 14, tzinfo=UTC)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("cost on 2023-11-16", "2023-11-16", "2023-11-17"),
        ("cost from 2026-11-01 to 2026-11-15", "2026-11-01", "2026-11-16"),
        ("cost between 2026-11-01 and 2026-11-15?", "2026-11-01", "2026-11-16"),
        ("requests 2026-11-16 08:00 to 2026-11-16 09:29", "2026-11-16T08:00", "2026-11-16T09:30"),
        ("cost since 2026-11-20", "2026-11-20", "2026-11-22T10:30"),
        ("cost yesterday", "2026-11-21", "2026-11-22"),
        ("cost today", "2026-11-22", "2026-11-22T10:30"),
        ("cost last week", "2026-11-09", "2026-11-16"),
        ("cost this week", "2026-11-16", "2026-11-22T10:30"),
        ("cost last month", "2026-10-01", "2026-11-01"),
        ("cost this year", "2026-01-01", "2026-11-22T10:30"),
        ("cost in the last 7 days", "2026-11-15T10:30", "2026-11-22T10:30"),
        ("cost of the past seven days", "2026-11-15T10:30", "2026-11-22T10:30"),
        ("latency in the last 24 hours", "2026-11-21T10:30", "2026-11-22T10:30"),
        ("latency in the last hour", "2026-11-22T09:30", "2026-11-22T10:30"),
        ("cost 3 days ago", "2026-11-19", "2026-11-20"),
        ("cost two weeks ago", "2026-11-02", "2026-11-09"),
        ("cost in November", "2026-11-01", "2026-11-22T10:30"),
        ("cost in December", "2025-12-01", "2026-01-01"),
        ("cost in November 2023", "2023-11-01", "2023-12-01"),
        ("cost on November 16th, 2023", "2023-11-16", "2023-11-17"),
        ("cost on 16 November 2023", "2023-11-16", "2023-11-17"),
        ("cost on 16 Nov", "2026-11-16", "2026-11-17"),
        ("cost in 2025", "2025-01-01", "2026-01-01"),
        ("cost in 2025-12", "2025-12-01", "2026-01-01"),
    ],
)
def test_a_named_period_means_these_moments(question: str, start: str, end: str) -> None:
    (when,) = find(question)
    found = settle(when, NOW, FRESH)
    assert (moment(found.start), moment(found.end)) == (moment(day(start)), moment(day(end)))
    assert not found.counted_back


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("cost yesterday", "2023-11-16", "2023-11-17"),
        ("cost today", "2023-11-16", "2023-11-17"),
        ("cost last week", "2023-11-10", "2023-11-17"),
        ("cost this week", "2023-11-13", "2023-11-20"),
        ("cost in the last 7 days", "2023-11-10", "2023-11-17"),
        ("cost last month", "2023-10-18", "2023-11-17"),
        ("cost two days ago", "2023-11-15", "2023-11-16"),
    ],
)
def test_when_all_data_is_older_it_counts_back_from_the_newest_and_says_so(question: str, start: str, end: str) -> None:
    (when,) = find(question)
    found = settle(when, NOW, OLD)
    assert (found.start, found.end) == (day(start), day(end))
    assert found.counted_back
    assert "counted back from the newest request, 2023-11-16 19:14 UTC" in found.note


def test_a_month_without_a_year_is_the_latest_with_data_and_says_which() -> None:
    (when,) = find("what did we spend in November?")
    found = settle(when, NOW, OLD)
    assert (found.start, found.end) == (day("2023-11-01"), day("2023-12-01"))
    assert found.note == "“November” is taken as that of 2023."


@pytest.mark.parametrize(
    "text",
    [
        "what may the cost be",
        "cost on 2023-02-30",
        "cost in the last 0 days",
        "requests of model gpt-4.1-mini",
        "march on",
        "cost in 2023-13",
        "0 days ago",
    ],
)
def test_what_is_no_period_is_not_taken_for_one(text: str) -> None:
    found = [w for w in find(text) if w.type != "absolute" or ("gpt" not in text and "from" not in text)]
    assert found == []


def test_several_periods_come_in_the_order_of_the_sentence() -> None:
    labels = [w.label for w in find("compare this week with last week and 2026-10-01")]
    assert labels == ["this week", "last week", "2026-10-01"]


@given(text=st.text(max_size=80))
def test_any_text_is_read_without_failing(text: str) -> None:
    for when in find(text):
        found = settle(when, NOW, OLD)
        assert found.start <= found.end


@given(
    unit=st.sampled_from(["day", "week", "month", "year"]),
    back=st.integers(0, 30),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001
)
def test_calendar_units_meet_without_gap_or_overlap(unit: str, back: int, at: datetime) -> None:
    start, end = calendar(unit, back, at)  # pyright: ignore[reportArgumentType] - sampled from the literal's values
    assert calendar(unit, back + 1, at)[1] == start  # pyright: ignore[reportArgumentType]
    assert start < end
    assert (start <= at < end) == (back == 0)
