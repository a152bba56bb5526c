"""Usage in steps of time: the step is chosen so that the result stays readable, empty steps are filled with zeros."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from netra.analytics.quantities import Usd, quantile
from netra.analytics.scope import MAX_ROWS, QUERIES, Frozen, Scope, TenantReader
from netra.errors import ToolError

Step = Literal["minute", "hour", "day"]
STEPS: dict[Step, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
READABLE = 120
"""Most steps chosen when the question names none: about five days of hours."""
EDGE = 0.05
"""A first or last step counts as complete when the data reaches to within this share of its border."""
MICROSECOND = timedelta(microseconds=1)


class Stepped(Scope):
    """A scope and the step of time to cut it into."""

    step: Literal["auto", "minute", "hour", "day"] = Field(
        default="auto", description="Length of one step; `auto` takes the finest that stays readable."
    )


class Bucket(Frozen):
    """What happened in one step of time."""

    at: datetime
    """Its first moment, UTC."""
    partial: bool
    """Whether the data begins or ends within this step, so that its sums are not comparable."""
    requests: int
    errors: int
    input_tokens: int
    output_tokens: int
    unpriced: int
    cost_usd: Usd | None
    """None when the step has requests and none of them has a price."""
    measured: int
    median_latency_ms: float | None


class Series(Frozen):
    """Every step from the first to the last with data, without gaps."""

    step: Step
    buckets: tuple[Bucket, ...]


async def series(reader: TenantReader, asked: Stepped) -> Series:
    """Cut the scope into steps; raises ToolError when the asked step gives more than 1000."""
    span = (await reader.rows(QUERIES["span"], asked))[0]
    if not span["requests"]:
        return Series(step="day" if asked.step == "auto" else asked.step, buckets=())
    first, last = span["first_at"], span["last_at"]
    step: Step = choose(first, last) if asked.step == "auto" else asked.step
    check_length(first, last, step)
    rows = await reader.rows(QUERIES["buckets"], asked, {"step_us": STEPS[step] // MICROSECOND})
    held = {row["bucket"]: row for row in rows}
    return Series(step=step, buckets=tuple(_filled(held, STEPS[step], first=first, last=last)))


def choose(first: datetime, last: datetime) -> Step:
    """The finest step that stays readable, and never finer than an hour for more than two hours of data."""
    length = last - first
    if length <= timedelta(hours=2):
        return "minute"
    return "hour" if length / STEPS["hour"] <= READABLE else "day"


def check_length(first: datetime, last: datetime, step: Step) -> None:
    """Refuse a step that would give more rows than a question may return."""
    count = (last - first) // STEPS[step] + 2
    if count > MAX_ROWS:
        message = f"{count} steps of one {step} are more than {MAX_ROWS}; ask for a shorter period or a longer step."
        raise ToolError(message, where="step")


def _filled(held: dict[int, dict[str, Any]], length: timedelta, *, first: datetime, last: datetime) -> Iterator[Bucket]:
    slack = length * EDGE
    for number in range(min(held), max(held) + 1):
        begin = datetime.fromtimestamp(number * length.total_seconds(), UTC)
        partial = begin + slack < first or begin + length - slack > last
        yield _bucket(held.get(number), begin, partial=partial)


def _bucket(row: dict[str, Any] | None, at: datetime, *, partial: bool) -> Bucket:
    if row is None:
        zeros = dict.fromkeys(("requests", "errors", "input_tokens", "output_tokens", "unpriced", "measured"), 0)
        return Bucket(at=at, partial=partial, cost_usd=Decimal(0), median_latency_ms=None, **zeros)
    return Bucket(
        at=at,
        partial=partial,
        requests=row["requests"],
        errors=row["errors"],
        input_tokens=row["input_sum"],
        output_tokens=row["output_sum"],
        unpriced=row["unpriced"],
        cost_usd=row["cost"],
        measured=row["measured"],
        median_latency_ms=quantile(row["median_latency"]),
    )
