"""Continuing a series of daily costs: three plain methods, chosen by backtest, with intervals from their errors; pure.

- `recent_mean`: each day costs the mean of the last 7.
- `weekday_mean`: each day costs the mean of the same weekday in the last 4 weeks.
- `weekday_trend`: each weekday's level in the last 4 weeks, and one slope for all, by least squares.

Each of the last days is forecast from the days before it, up to a week ahead; the method with the least mean absolute
error wins, the plainer of equals. The interval is normal: its width is the root mean square of those errors, which
grows beyond the week that they look ahead; for a sum, errors of single days and of their level are independent.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from netra.analytics.queries.forecast import Method

WEEK = 7
RECENT = 7
WEEKS = 4
LONG = WEEKS * WEEK
MIN_DAYS = 5
"""Of fewer days nothing is continued."""
MAX_ORIGINS = 21
"""Days from which earlier days are forecast again."""
Z = {80: 1.2815515655446004, 95: 1.959963984540054}


@dataclass(frozen=True, kw_only=True)
class Continued:
    """The days to come in the unit of the series, and how well the method did before."""

    method: Method
    values: tuple[float, ...]
    deviation: float
    """Root mean square error of one day."""
    days: int
    """Known days that the method looks at."""
    backtests: int
    error: float
    """Mean absolute error of the backtests; 0 without any."""

    def day_margin(self, ahead: int, confidence_pct: int) -> float:
        """Half the interval's width `ahead` days on, counted from 1."""
        return Z[confidence_pct] * self.deviation * math.sqrt(1 + max(0, ahead - WEEK) / LONG)

    def total_margin(self, count: int, confidence_pct: int) -> float:
        """Half the interval's width of the sum of `count` days."""
        return Z[confidence_pct] * self.deviation * math.sqrt(count + count * count / self.days)


def continued(known: Sequence[float], horizon: int) -> Continued | None:
    """The next `horizon` days, never below 0; None with fewer than 5 days known."""
    if len(known) < MIN_DAYS:
        return None
    tried: list[Method] = [name for name, least in LEAST.items() if len(known) >= least]
    # All from the same origins, none of which knows less than the most demanding method needs.
    first = max(MIN_DAYS if len(tried) == 1 else 2 * WEEK, len(known) - MAX_ORIGINS)
    errors = {name: _errors(METHODS[name], known, first) for name in tried}
    name = min(tried, key=lambda name: round(_mean_abs(errors[name]), 9))
    return Continued(
        method=name,
        values=tuple(max(0.0, value) for value in METHODS[name](known, horizon)),
        deviation=_deviation(errors[name], known),
        days=min(len(known), RECENT if name == "recent_mean" else LONG),
        backtests=len(errors[name]),
        error=_mean_abs(errors[name]),
    )


def _errors(way: Callable[[Sequence[float], int], list[float]], known: Sequence[float], first: int) -> list[float]:
    """Errors of forecasting each day from `first` on, up to a week ahead of what was known."""
    found: list[float] = []
    for origin in range(first, len(known)):
        ahead = min(WEEK, len(known) - origin)
        guesses = way(known[:origin], ahead)
        found += [actual - guess for actual, guess in zip(known[origin : origin + ahead], guesses, strict=True)]
    return found


def _mean_abs(errors: Sequence[float]) -> float:
    return statistics.fmean(map(abs, errors)) if errors else 0.0


def _deviation(errors: Sequence[float], known: Sequence[float]) -> float:
    """Without backtests, the spread of what is known."""
    if errors:
        return math.sqrt(statistics.fmean(error * error for error in errors))
    return statistics.stdev(known)


def recent_mean(known: Sequence[float], horizon: int) -> list[float]:
    """The mean of the last week, again and again."""
    return [statistics.fmean(known[-RECENT:])] * horizon


def weekday_mean(known: Sequence[float], horizon: int) -> list[float]:
    """The mean of the same weekday in the last weeks; where there is none, the mean of all days."""
    usual = statistics.fmean(known[-RECENT:])
    same = [known[-(WEEK - offset) :: -WEEK][:WEEKS] if WEEK - offset <= len(known) else () for offset in range(WEEK)]
    return [statistics.fmean(same[day % WEEK]) if same[day % WEEK] else usual for day in range(horizon)]


def weekday_trend(known: Sequence[float], horizon: int) -> list[float]:
    """Least squares of a weekday's level and one slope for all, over the last whole weeks."""
    weeks = min(WEEKS, len(known) // WEEK)
    recent = known[-weeks * WEEK :]
    level = [statistics.fmean(recent[day::WEEK]) for day in range(WEEK)]
    means = [statistics.fmean(recent[week * WEEK : (week + 1) * WEEK]) for week in range(weeks)]
    slope = statistics.linear_regression(range(weeks), means).slope
    middle = (weeks - 1) / 2
    return [level[day % WEEK] + slope * (weeks + day // WEEK - middle) for day in range(horizon)]


METHODS: dict[Method, Callable[[Sequence[float], int], list[float]]] = {
    "recent_mean": recent_mean,
    "weekday_mean": weekday_mean,
    "weekday_trend": weekday_trend,
}
LEAST: dict[Method, int] = {"recent_mean": MIN_DAYS, "weekday_mean": 3 * WEEK, "weekday_trend": 3 * WEEK}
"""Known days from which a method is tried: what it needs and a week to test it; the plainest first."""
TEXTS: dict[Method, str] = {
    "recent_mean": "Each day costs the mean of the last week's days.",
    "weekday_mean": "Each day costs the mean of the same weekday in the last four weeks.",
    "weekday_trend": "Each weekday's level in the last four weeks, on one straight line for all, by least squares.",
}
