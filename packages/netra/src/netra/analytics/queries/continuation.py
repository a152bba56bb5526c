"""The forecast itself: the scope's complete days, continued."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from netra.analytics.quantities import USD_STEP
from netra.analytics.queries.assumptions import Assumption
from netra.analytics.queries.forecast import DayCost, Forecast, ForecastDay, ForecastQuestion
from netra.analytics.queries.forecasting import MAX_ORIGINS, MIN_DAYS, TEXTS, WEEK, Continued, continued
from netra.analytics.queries.series import Bucket, Stepped, series
from netra.analytics.scope import Scope, TenantReader

DAY = timedelta(days=1)
SHOWN = 60
"""Known days in the result."""
GOES_ON = Assumption(text="Use goes on as in the days that were looked at: no new workload, no other model or price.")
FROM_ERRORS = Assumption(text="The interval comes from how far this method was off in earlier days.")


async def forecast_cost(reader: TenantReader, asked: ForecastQuestion) -> Forecast:
    """Continue the daily cost of the scope."""
    days = await daily(reader, asked)
    complete = [bucket for bucket in days if not bucket.partial]
    history = tuple(DayCost(at=bucket.at, usd=bucket.cost_usd or Decimal(0)) for bucket in complete)
    found = continued([float(day.usd) for day in history], asked.horizon_days)
    total = sum(found.values) if found else 0.0
    margin = found.total_margin(asked.horizon_days, asked.confidence_pct) if found else 0.0
    return Forecast(
        method=found.method if found else None,
        method_text=TEXTS[found.method] if found else "",
        why_not="" if found else f"there are {len(complete)} complete days; a forecast needs {MIN_DAYS}",
        confidence_pct=asked.confidence_pct,
        days_used=min(len(complete), MAX_ORIGINS + found.days) if found else 0,
        partial_days=len(days) - len(complete),
        unpriced=sum(bucket.unpriced for bucket in days),
        backtests=found.backtests if found else 0,
        backtest_error_pct=_error_pct(found, history),
        total_usd=usd(total) if found else None,
        total_low_usd=usd(total - margin) if found else None,
        total_high_usd=usd(total + margin) if found else None,
        mean_per_day_usd=usd(total / asked.horizon_days) if found else None,
        history=history[-SHOWN:],
        points=tuple(points(found, history[-1].at + DAY, asked.confidence_pct)) if found else (),
        assumptions=(GOES_ON, FROM_ERRORS) if found else (),
    )


async def daily(reader: TenantReader, scope: Scope) -> Sequence[Bucket]:
    """Every day of the scope from the first to the last with data."""
    fields = {name: getattr(scope, name) for name in Scope.model_fields}
    return (await series(reader, Stepped(**fields, step="day"))).buckets


def points(found: Continued, first: datetime, confidence_pct: int) -> list[ForecastDay]:
    """The days to come, from `first` on."""
    return [
        ForecastDay(
            at=first + ahead * DAY,
            usd=usd(value),
            low_usd=usd(value - found.day_margin(ahead + 1, confidence_pct)),
            high_usd=usd(value + found.day_margin(ahead + 1, confidence_pct)),
        )
        for ahead, value in enumerate(found.values)
    ]


def _error_pct(found: Continued | None, history: Sequence[DayCost]) -> float | None:
    if found is None or not found.backtests:
        return None
    recent = [float(day.usd) for day in history[-WEEK * 4 :]]
    mean = sum(recent) / len(recent)
    return found.error * 100 / mean if mean else None


def usd(amount: float) -> Decimal:
    """Never below 0, with no more digits than an estimate has."""
    return Decimal(max(0.0, amount)).quantize(USD_STEP)
