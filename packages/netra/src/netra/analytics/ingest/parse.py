"""One row of a file to one usage event, or the reason why not."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from netra.analytics.events import UsageEvent
from netra.analytics.pricing import PriceCatalogue
from netra.analytics.quantities import USD_STEP
from netra.analytics.scope import EARLIEST, LATEST

MAX_TOKENS = 2**32 - 1
MAX_USD = Decimal(1_000_000)
MAX_TEXT = 500
EPOCH = re.compile(r"\d{9,}(\.\d+)?")
"""Nine digits or more: shorter ones are dates such as 20231116."""
MILLISECONDS_FROM = 100_000_000_000
"""A number this large is an epoch in milliseconds; in seconds it would be the year 5138."""
OK = frozenset({"", "ok", "success", "succeeded", "completed", "true", "200"})


class _WrongValueError(ValueError):
    """A cell does not hold what its field needs."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How to read the rows of one file."""

    columns: Mapping[str, str]
    """Column by field."""
    workload: str
    """Of rows that name none."""
    model: str
    dimensions: tuple[str, ...] = ()
    """Columns kept with the event as they are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """An event, and the cost and id that the file itself gave."""

    event: UsageEvent
    stated_cost: Decimal | None
    event_id: str = ""
    """The id that the file gives the event, if it does."""


def parse(values: Mapping[str, object], reading: Reading, prices: PriceCatalogue) -> Parsed | str:
    """The row's event with its cost, or a sentence that says which value is wrong."""
    try:
        return _parsed(values, reading, prices)
    except _WrongValueError as error:
        return str(error)


def _parsed(values: Mapping[str, object], reading: Reading, prices: PriceCatalogue) -> Parsed:
    cells = {field: values.get(column) for field, column in reading.columns.items()}
    at = _moment(cells["at"])
    tokens_out = _count("output_tokens", cells["output_tokens"])
    cached = _count("cached_tokens", cells.get("cached_tokens") or 0)
    tokens_in = max(_count("input_tokens", cells["input_tokens"]), cached)
    model = _text("model", cells.get("model")) or reading.model
    provider = _text("provider", cells.get("provider")).lower()
    stated = usd_of(cells.get("cost_usd"))
    known = prices.find(model, provider)
    cost = stated if stated is not None or known is None else prices.cost(known, at, tokens_in, tokens_out, cached)
    event = UsageEvent(
        at=at,
        workload=_text("workload", cells.get("workload")) or reading.workload,
        model=model or "unknown",
        provider=provider or (known.provider if known else "unknown"),
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cached_tokens=cached,
        latency_ms=_milliseconds(cells.get("latency_ms")),
        cost_usd=cost,
        status=status_of(_text("status", cells.get("status"))),
        dimensions={name: _text(name, values.get(name)) for name in reading.dimensions},
    )
    return Parsed(event=event, stated_cost=stated, event_id=_text("event_id", cells.get("event_id")))


def _moment(value: object) -> datetime:
    at = value if isinstance(value, datetime) else read_moment(value)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    if not EARLIEST <= at < LATEST:
        raise _WrongValueError(f"at: {value!s:.40} is not between {EARLIEST:%Y} and {LATEST:%Y}")
    return at


def read_moment(value: object) -> datetime:
    """ISO 8601, or an epoch in seconds or milliseconds; without a zone it is UTC, beyond microseconds it is cut."""
    text = _text("at", value)
    if not text:
        raise _WrongValueError("at: is empty")
    try:
        if EPOCH.fullmatch(text):
            number = float(text)
            return datetime.fromtimestamp(number / 1000 if number >= MILLISECONDS_FROM else number, UTC)
        return datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise _WrongValueError(f"at: {text!r:.40} is not a date and time (ISO 8601)") from None


def _count(field: str, value: object) -> int:
    if isinstance(value, bool) or value is None or value == "":
        raise _WrongValueError(f"{field}: is empty" if value in (None, "") else f"{field}: {value} is not a number")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise _WrongValueError(f"{field}: {value!r:.40} is not a whole number") from None
    if not number.is_finite() or number != number.to_integral_value():
        raise _WrongValueError(f"{field}: {value!s:.40} is not a whole number")
    if not 0 <= number <= MAX_TOKENS:
        raise _WrongValueError(f"{field}: {value!s:.40} is not between 0 and {MAX_TOKENS}")
    return int(number)


def _milliseconds(value: object) -> float | None:
    text = _text("latency_ms", value)
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise _WrongValueError(f"latency_ms: {text!r:.40} is not a number") from None
    if not math.isfinite(number) or number < 0:
        raise _WrongValueError(f"latency_ms: {text:.40} is not a duration")
    return number


def status_of(text: str) -> str:
    """`ok`, or the text as it stands."""
    return "ok" if text.lower() in OK else text


def usd_of(value: object) -> Decimal | None:
    """An amount, None when there is none; raises ValueError when it is no amount."""
    text = _text("cost_usd", value)
    if not text:
        return None
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        raise _WrongValueError(f"cost_usd: {text!r:.40} is not an amount") from None
    if not amount.is_finite() or not 0 <= amount < MAX_USD:
        raise _WrongValueError(f"cost_usd: {text:.40} is not between 0 and {MAX_USD}")
    return amount.quantize(USD_STEP)


def _text(field: str, value: object) -> str:
    text = "" if value is None else str(value).strip()
    if len(text) > MAX_TEXT:
        raise _WrongValueError(f"{field}: is longer than {MAX_TEXT} characters")
    return text
