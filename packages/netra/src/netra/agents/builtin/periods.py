"""Periods as people name them, and which moments they mean: everything in UTC.

A relative period counts back from now. When all data is older than the period so found, it counts back from the newest
data instead, as if it were now the midnight after it, and says so.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, assert_never

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

DAY = timedelta(days=1)
Unit = Literal["day", "week", "month", "year"]
LENGTH: dict[Unit, timedelta] = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY, "year": 365 * DAY}
"""What a unit means when it is counted back from the newest data."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Absolute(_Frozen):
    """Both borders were said; `end` is not included."""

    type: Literal["absolute"] = "absolute"
    start: AwareDatetime
    end: AwareDatetime
    label: str


class Since(_Frozen):
    """From a moment to the end of the data."""

    type: Literal["since"] = "since"
    start: AwareDatetime
    label: str


class Yearless(_Frozen):
    """A month, or a day of a month, without a year."""

    type: Literal["yearless"] = "yearless"
    month: int
    day: int | None = None
    label: str


class Rolling(_Frozen):
    """The last so many hours or days."""

    type: Literal["rolling"] = "rolling"
    length: timedelta
    label: str


class Calendar(_Frozen):
    """This day, week, month or year (`back` 0), or the one so many before."""

    type: Literal["calendar"] = "calendar"
    unit: Unit
    back: int
    label: str


When = Annotated[Absolute | Since | Yearless | Rolling | Calendar, Field(discriminator="type")]


class Settled(_Frozen):
    """The moments a named period means, and what had to be assumed."""

    start: AwareDatetime
    end: AwareDatetime
    label: str
    note: str = ""
    counted_back: bool = False
    """Whether it was counted back from the newest data instead of from now."""


def settle(when: When, now: datetime, newest: datetime) -> Settled:
    """Which moments are meant, when it is `now` and the newest data is from `newest`; never ends after both."""
    found = _settled(when, now, newest)
    latest = max(now, newest + timedelta(microseconds=1))
    return found.model_copy(update={"end": min(found.end, latest)}) if found.start < latest else found


def _settled(when: When, now: datetime, newest: datetime) -> Settled:
    match when:
        case Absolute():
            return Settled(start=when.start, end=when.end, label=when.label)
        case Since():
            return Settled(start=when.start, end=max(now, newest, when.start) + DAY, label=when.label)
        case Yearless():
            return _with_year(when, max(now, newest), newest)
        case Rolling():
            start = now - when.length
            return (
                _anchored(when, newest, when.length, 1)
                if newest < start
                else Settled(start=start, end=now, label=when.label)
            )
        case Calendar():
            start, end = calendar(when.unit, when.back, now)
            if newest >= start:
                return Settled(start=start, end=end, label=when.label)
            if when.back == 0:
                start, end = calendar(when.unit, 0, newest)
                return Settled(
                    start=start, end=end, label=when.label, note=_note(when.label, newest), counted_back=True
                )
            return _anchored(when, newest, LENGTH[when.unit], when.back)
        case _:
            assert_never(when)


def _anchored(when: Rolling | Calendar, newest: datetime, length: timedelta, back: int) -> Settled:
    last = newest + timedelta(microseconds=1) if length < DAY else midnight(newest) + DAY
    end = last - (back - 1) * length
    return Settled(start=end - length, end=end, label=when.label, note=_note(when.label, newest), counted_back=True)


def _note(label: str, newest: datetime) -> str:
    return f"All data is older than “{label}”, so it is counted back from the newest request, {moment(newest)}."


def _with_year(when: Yearless, latest: datetime, newest: datetime) -> Settled:
    """The latest such month or day that is not after the newest data."""
    year = next((y for y in range(newest.year, newest.year - 5, -1) if _begins_by(when, y, newest)), latest.year)
    start, end = _of_year(when, year) or (latest, latest + DAY)
    return Settled(start=start, end=end, label=when.label, note=f"“{when.label}” is taken as that of {year}.")


def _begins_by(when: Yearless, year: int, newest: datetime) -> bool:
    span = _of_year(when, year)
    return span is not None and span[0] <= newest


def _of_year(when: Yearless, year: int) -> tuple[datetime, datetime] | None:
    try:
        start = datetime(year, when.month, when.day or 1, tzinfo=UTC)
    except ValueError:
        return None
    return (start, start + DAY) if when.day else (start, next_month(start))


def calendar(unit: Unit, back: int, at: datetime) -> tuple[datetime, datetime]:
    """The calendar unit that holds `at`, or the one so many before; weeks begin on Monday."""
    day = midnight(at)
    match unit:
        case "day":
            start = day - back * DAY
            return start, start + DAY
        case "week":
            start = day - timedelta(days=day.weekday() + 7 * back)
            return start, start + 7 * DAY
        case "month":
            months = day.year * 12 + day.month - 1 - back
            start = datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
            return start, next_month(start)
        case "year":
            return datetime(day.year - back, 1, 1, tzinfo=UTC), datetime(day.year - back + 1, 1, 1, tzinfo=UTC)


def midnight(at: datetime) -> datetime:
    """The beginning of that day in UTC."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def next_month(start: datetime) -> datetime:
    """The first of the following month."""
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1, day=1)


def moment(at: datetime) -> str:
    """A moment as reports write it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
