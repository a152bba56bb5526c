"""Finds the periods that a sentence names, in the order in which it names them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from netra.agents.builtin.periods import DAY, Absolute, Calendar, Rolling, Since, Unit, When, Yearless, next_month

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
MAX_COUNT = 1000
"""Of hours, days, weeks or months back: more is no period that anyone has data of."""

_ISO = r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?Z?)?"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_COUNT = r"(?P<count>\d{1,4}|" + "|".join(WORDS) + r"|couple of|few)"
_UNIT = r"(?P<unit>minute|hour|day|week|month|year)"

Reader = Callable[[re.Match[str]], When | None]


def find(text: str) -> tuple[When, ...]:
    """Every period named in the text; one that no calendar has, such as 2023-02-30, is not among them."""
    found: list[tuple[int, When]] = []
    rest = text
    for pattern, read in READERS:
        for match in pattern.finditer(rest):
            when = read(match)
            if when is not None:
                found.append((match.start(), when))
                rest = rest[: match.start()] + " " * len(match[0]) + rest[match.end() :]
    return tuple(when for _, when in sorted(found, key=lambda item: item[0]))


def _range(match: re.Match[str]) -> When | None:
    first, last = _point(match["first"]), _point(match["last"])
    if not first or not last or first[0] >= last[1]:
        return None
    return Absolute(start=first[0], end=last[1], label=match[0])


def _since(match: re.Match[str]) -> When | None:
    point = _point(match["first"])
    return Since(start=point[0], label=match[0]) if point else None


def _single(match: re.Match[str]) -> When | None:
    point = _point(match["first"])
    return Absolute(start=point[0], end=point[1], label=match["first"]) if point else None


def _point(text: str) -> tuple[datetime, datetime] | None:
    """The moment and the end of what it names: of the day, or of the minute when a time was given."""
    try:
        start = datetime.fromisoformat(text.strip().upper().replace(" ", "T"))
    except ValueError:
        return None
    start = start.replace(tzinfo=UTC)
    return start, start + (DAY if len(text.strip()) == len("2023-11-16") else timedelta(minutes=1))


def _named_day(match: re.Match[str]) -> When | None:
    month, day, year = _month(match), int(match["day"]), match["year"]
    if not year:
        return Yearless(month=month, day=day, label=match[0].strip()) if 1 <= day <= 31 else None  # noqa: PLR2004 - days
    try:
        start = datetime(int(year), month, day, tzinfo=UTC)
    except ValueError:
        return None
    return Absolute(start=start, end=start + DAY, label=match[0].strip())


def _named_month(match: re.Match[str]) -> When | None:
    if not match["year"]:
        return Yearless(month=_month(match), label=match["month"])
    start = datetime(int(match["year"]), _month(match), 1, tzinfo=UTC)
    return Absolute(start=start, end=next_month(start), label=match["label"])


def _numbered_month(match: re.Match[str]) -> When | None:
    if not 1 <= int(match["number"]) <= len(MONTHS):
        return None
    start = datetime(int(match["year"]), int(match["number"]), 1, tzinfo=UTC)
    return Absolute(start=start, end=next_month(start), label=match[0])


def _year(match: re.Match[str]) -> When | None:
    year = int(match["year"])
    start = datetime(year, 1, 1, tzinfo=UTC)
    return Absolute(start=start, end=start.replace(year=year + 1), label=match["year"])


def _month(match: re.Match[str]) -> int:
    return MONTHS.index(match["month"][:3].lower()) + 1


def _rolling(match: re.Match[str]) -> When | None:
    count, unit = _count(match["count"]), match["unit"].lower()
    lengths = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": DAY, "week": 7 * DAY}
    lengths |= {"month": 30 * DAY, "year": 365 * DAY}
    return Rolling(length=count * lengths[unit], label=match[0]) if 1 <= count <= MAX_COUNT else None


def _ago(match: re.Match[str]) -> When | None:
    count = 1 if match["count"].lower() in ("a", "an", "one") else _count(match["count"])
    return Calendar(unit=_unit(match), back=count, label=match[0]) if 1 <= count <= MAX_COUNT else None


def _previous(match: re.Match[str]) -> When | None:
    unit = match["unit"].lower()
    if unit in ("hour", "minute"):
        return Rolling(length=timedelta(hours=1) if unit == "hour" else timedelta(minutes=1), label=match[0])
    return Calendar(unit=_unit(match), back=1, label=match[0])


def _current(match: re.Match[str]) -> When | None:
    return Calendar(unit=_unit(match), back=0, label=match[0])


def _word(match: re.Match[str]) -> When | None:
    back = {"today": 0, "yesterday": 1}[match[0].lower()]
    return Calendar(unit="day", back=back, label=match[0])


def _unit(match: re.Match[str]) -> Unit:
    units: dict[str, Unit] = {"day": "day", "week": "week", "month": "month", "year": "year"}
    return units[match["unit"].lower()]


def _count(text: str) -> int:
    lowered = text.lower()
    if lowered in WORDS:
        return WORDS.index(lowered) + 1
    return {"couple of": 2, "few": 3}.get(lowered) or int(text)


def _rule(pattern: str, read: Reader) -> tuple[re.Pattern[str], Reader]:
    return re.compile(pattern, re.IGNORECASE), read


_LONG_UNIT = r"(?P<unit>day|week|month|year)"
READERS = (
    _rule(
        rf"\b(?:from |between )?(?P<first>{_ISO})\s*(?:to|and|until|till|through|-|\u2013|\u2014)\s*(?P<last>{_ISO})",
        _range,
    ),
    _rule(rf"\bsince (?P<first>{_ISO})", _since),
    _rule(rf"\b(?P<first>{_ISO})", _single),
    _rule(rf"\b{_DAY}(?: of)? {_MONTH}\b(?:,? (?P<year>\d{{4}}))?", _named_day),
    _rule(rf"\b{_MONTH} {_DAY}\b(?:,? (?P<year>\d{{4}}))?", _named_day),
    # “may” alone is a verb more often than a month, so a lone month needs a preposition.
    _rule(
        rf"\b(?:in|during|for|of|since|to|vs\.?|versus|with|than|and) (?P<label>{_MONTH}(?: (?P<year>\d{{4}}))?)\b",
        _named_month,
    ),
    _rule(rf"\b(?P<label>{_MONTH} (?P<year>\d{{4}}))\b", _named_month),
    _rule(r"\b(?P<year>\d{4})-(?P<number>\d{2})\b(?!-)", _numbered_month),
    _rule(r"\b(?:in|during|for|of|to|vs\.?|versus|with|than|and) (?P<year>20\d{2})\b(?!-)", _year),
    _rule(rf"\b(?:last|past|previous|latest|recent) {_COUNT} {_UNIT}s?\b", _rolling),
    _rule(rf"\b(?P<count>\d{{1,4}}|an?|{'|'.join(WORDS)}) {_LONG_UNIT}s? ago\b", _ago),
    _rule(rf"\b(?:last|past|previous) {_UNIT}\b", _previous),
    _rule(rf"\b(?:this|current) {_LONG_UNIT}\b", _current),
    _rule(r"\b(?:today|yesterday)\b", _word),
)
"""Patterns and what they mean, the more specific first: a later one does not see what an earlier one has read."""
