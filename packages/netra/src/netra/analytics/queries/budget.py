"""How much of the month's budget is spent, and whether what remains will last."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from netra.analytics.quantities import Usd
from netra.analytics.queries.assumptions import Assumption
from netra.analytics.queries.forecast import Method
from netra.analytics.scope import Frozen


class BudgetQuestion(Frozen):
    """Which month and, to try another one, which budget."""

    month: str = Field(
        default="", pattern=r"^(20\d{2}-(0[1-9]|1[0-2]))?$", description="As 2026-11; empty means this month, UTC."
    )
    monthly_usd: Usd | None = Field(
        default=None, gt=0, le=1_000_000_000, description="Judge this budget in place of the one that is set."
    )


class BudgetBurn(Frozen):
    """One calendar month, UTC, of all the tenant's workloads."""

    month: str
    start: datetime
    end: datetime
    """The first moment of the next month."""
    as_of: datetime
    """Up to when spending is known: the last request, but not later than now or the month's end."""
    budget_usd: Usd | None
    """None when none is set."""
    budget_from: Literal["set", "asked", "none"]
    spent_usd: Usd
    unpriced: int
    spent_pct: float | None
    """Of the budget."""
    elapsed_pct: float
    """Of the month, up to `as_of`."""
    burn_rate: float | None
    """`spent_pct` over `elapsed_pct`: above 1 the budget is spent faster than the month passes."""
    projected_usd: Usd | None
    """At the month's end: spent so far and the forecast of the days that remain; None without a forecast."""
    projected_low_usd: Usd | None
    projected_high_usd: Usd | None
    projected_pct: float | None
    """Of the budget."""
    method: Method | None
    """Of the forecast."""
    exhausted_at: datetime | None
    """The day on which spending passes the budget, known or forecast; None if it does not this month."""
    on_track: bool | None
    """Whether the projection stays within the budget; None without either."""
    spent_by_day: tuple[tuple[datetime, Usd], ...]
    """Cumulative, at the end of each day with data."""
    assumptions: tuple[Assumption, ...]


class SetBudgetQuestion(Frozen):
    """The budget to set."""

    monthly_usd: Usd = Field(
        ge=0.01, le=1_000_000_000, description="What all workloads together may cost a calendar month, in US dollars."
    )


class BudgetSet(Frozen):
    """What was set; a budget warns, it stops nothing."""

    monthly_usd: Usd
    previous_usd: Usd | None
    """None when there was none."""
    set_at: datetime
