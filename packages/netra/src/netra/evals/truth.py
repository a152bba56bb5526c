"""What the figures must be, worked out of the rows in plain Python: no SQL, and nothing of what answers questions."""

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from genai_prices import Usage, calc_price

from netra.analytics.events import UsageEvent
from netra.evals.cases import Statistic, Sum, Truth

DAY = timedelta(days=1)
THOUSAND = 1000
Rows = Sequence[UsageEvent]

SUMS: Mapping[Sum, Callable[[UsageEvent], Decimal | int]] = {
    "requests": lambda _: 1,
    "errors": lambda row: row.status != "ok",
    "input_tokens": lambda row: row.input_tokens,
    "output_tokens": lambda row: row.output_tokens,
    "tokens": lambda row: row.input_tokens + row.output_tokens,
    "cost": lambda row: row.cost_usd or 0,
    "failure_cost": lambda row: 0 if row.status == "ok" else row.cost_usd or 0,
    "unpriced": lambda row: row.cost_usd is None,
    "priced": lambda row: row.cost_usd is not None,
}


def true_value(truth: Truth, rows: Rows, today: datetime) -> float:
    """The figure; `today` is any moment of the day on which the question is asked."""
    value = _own(truth, chosen(truth, rows, today))
    if truth.minus:
        value -= true_value(truth.minus, rows, today)
    if truth.pct_of:
        value = value * 100 / true_value(truth.pct_of, rows, today)
    return value * truth.times


def chosen(truth: Truth, rows: Rows, today: datetime) -> Rows:
    """The rows that a figure is about."""
    start, end = borders(truth, today)
    return [
        row
        for row in rows
        if start <= row.at < end
        and truth.workload in ("", row.workload)
        and truth.model in ("", row.model)
        and truth.provider in ("", row.provider)
    ]


def borders(truth: Truth, today: datetime) -> tuple[datetime, datetime]:
    """From when to when."""
    midnight = today.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if truth.days:
        return midnight + truth.days[0] * DAY, midnight + truth.days[1] * DAY
    match truth.period:
        case "yesterday":
            return midnight - DAY, midnight
        case "last week":
            monday = midnight - midnight.weekday() * DAY
            return monday - 7 * DAY, monday
        case "month of yesterday":
            return (midnight - DAY).replace(day=1), midnight
        case "":
            return datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def _own(truth: Truth, rows: Rows) -> float:
    if truth.value is not None:
        return truth.value
    if truth.sum:
        return float(sum((Decimal(SUMS[truth.sum](row)) for row in rows), Decimal(0)))
    if truth.busiest_day:
        return max(Counter(row.at.date() for row in rows).values())
    if truth.priced_on:
        read, wrote = list_price(truth.priced_on)
        return float(sum((read * row.input_tokens + wrote * row.output_tokens for row in rows), Decimal(0)))
    if truth.over_cap:
        beyond = [(row.model, max(0, row.output_tokens - truth.over_cap)) for row in rows if row.cost_usd is not None]
        prices = {model: list_price(model)[1] for model in {model for model, _ in beyond}}
        return float(sum((prices[model] * tokens for model, tokens in beyond), Decimal(0)))
    if truth.correlation:
        return _correlation(truth.correlation, rows)
    return _statistics(truth, rows)


def _statistics(truth: Truth, rows: Rows) -> float:
    if truth.latency:
        return statistic(truth.latency, [row.latency_ms for row in rows if row.latency_ms is not None])
    if truth.input:
        return statistic(truth.input, [row.input_tokens for row in rows])
    if truth.output:
        return statistic(truth.output, [row.output_tokens for row in rows])
    message = "a truth names no figure"
    raise ValueError(message)


def statistic(name: Statistic, values: Sequence[float]) -> float:
    """The mean, the largest, or a percentile by linear interpolation (R-7)."""
    match name:
        case "mean":
            return statistics.fmean(values)
        case "max":
            return max(values)
        case "p50":
            return statistics.median(values)
        case "p90" | "p95" | "p99":
            return statistics.quantiles(values, n=100, method="inclusive")[int(name[1:]) - 1]


def list_price(model: str) -> tuple[Decimal, Decimal]:
    """US dollars an input token and an output token cost today, in the first tier."""
    read = calc_price(Usage(input_tokens=THOUSAND), model).total_price / THOUSAND
    wrote = calc_price(Usage(output_tokens=THOUSAND), model).total_price / THOUSAND
    return read, wrote


def _correlation(names: tuple[str, str], rows: Rows) -> float:
    pairs = [tuple(getattr(row, name) for name in names) for row in rows]
    known = [(float(x), float(y)) for x, y in pairs if x is not None and y is not None]
    return statistics.correlation([x for x, _ in known], [y for _, y in known])
