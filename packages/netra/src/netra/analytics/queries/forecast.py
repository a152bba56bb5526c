"""What the coming days will cost, with an interval, by the method that did best on the days already known."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from netra.analytics.quantities import Usd
from netra.analytics.queries.assumptions import Assumption
from netra.analytics.scope import Frozen, Scope

Method = Literal["recent_mean", "weekday_mean", "weekday_trend"]


class ForecastQuestion(Scope):
    """Whose cost to continue, and how far."""

    horizon_days: int = Field(default=30, ge=1, le=92, description="How many days after the last complete day.")
    confidence_pct: Literal[80, 95] = Field(
        default=95, description="How often the interval should hold the real value, in percent."
    )


class DayCost(Frozen):
    """One complete day that is known."""

    at: datetime
    """Its midnight, UTC."""
    usd: Usd


class ForecastDay(Frozen):
    """One day to come."""

    at: datetime
    usd: Usd
    low_usd: Usd
    high_usd: Usd


class Forecast(Frozen):
    """Daily points with their interval; empty, with the reason, when there are too few days."""

    method: Method | None
    method_text: str
    """The method in one sentence."""
    why_not: str
    """Why there is no forecast; empty when there is one."""
    confidence_pct: int
    days_used: int
    partial_days: int
    """First and last days that the data covers in part: left out."""
    unpriced: int
    """Requests without a price; they are in no cost."""
    backtests: int
    """How many earlier days were forecast from what was known before them, to choose the method."""
    backtest_error_pct: float | None
    """Mean absolute error of these, in percent of the mean cost a day."""
    total_usd: Usd | None
    total_low_usd: Usd | None
    total_high_usd: Usd | None
    mean_per_day_usd: Usd | None
    """Of the days to come."""
    history: tuple[DayCost, ...]
    points: tuple[ForecastDay, ...]
    assumptions: tuple[Assumption, ...]
