"""The burn itself: what the month has cost by now, and what the days that remain will."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate

from netra.analytics.quantities import share_pct
from netra.analytics.queries.assumptions import Assumption
from netra.analytics.queries.budget import BudgetBurn, BudgetQuestion
from netra.analytics.queries.continuation import DAY, FROM_ERRORS, GOES_ON, daily, usd
from netra.analytics.queries.forecast import Method
from netra.analytics.queries.forecasting import LONG, MAX_ORIGINS, continued
from netra.analytics.queries.series import Bucket
from netra.analytics.scope import QUERIES, Scope, TenantReader

CONFIDENCE_PCT = 95
OVER_A_MONTH = 32 * DAY
MOMENT = timedelta(microseconds=1)
ALL_WORKLOADS = Assumption(text="Spending is that of all workloads in the usage data; requests without a price add 0.")


@dataclass(frozen=True, kw_only=True)
class Month:
    """A calendar month of spending, as far as it is known."""

    start: datetime
    end: datetime
    as_of: datetime
    spent: Sequence[Bucket]
    """Days with data in it; days without a request between them too."""
    complete: Sequence[Bucket]
    """Complete days up to `as_of`, earlier months' too, in order."""


@dataclass(frozen=True, kw_only=True)
class Projection:
    """Spending after `as_of`, and its interval, by day."""

    method: Method | None
    days: tuple[tuple[datetime, float], ...]
    margin: float

    @property
    def rest(self) -> float:
        """Of all these days together."""
        return sum(value for _, value in self.days)


async def budget_burn(reader: TenantReader, asked: BudgetQuestion, budget: Decimal | None, now: datetime) -> BudgetBurn:
    """The month of `now`, or the one asked for, against the budget asked about, or else the one that is set."""
    start = datetime.strptime(asked.month, "%Y-%m").replace(tzinfo=UTC) if asked.month else month_of(now)
    end = month_of(start + OVER_A_MONTH)
    until = max(start + MOMENT, min(end, now))
    days = await daily(reader, Scope(start=start - (LONG + MAX_ORIGINS) * DAY, end=until))
    last = (await reader.rows(QUERIES["span"], Scope(start=start, end=until)))[0]["last_at"]
    spent = [day for day in days if day.at >= start]
    month = Month(
        start=start,
        end=end,
        as_of=_as_of(spent, last or start),
        spent=spent,
        complete=[day for day in days if not day.partial],
    )
    return burned(month, asked.monthly_usd or budget, source="asked" if asked.monthly_usd else "set")


def month_of(moment: datetime) -> datetime:
    """The first moment of its calendar month, UTC."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _as_of(spent: Sequence[Bucket], last: datetime) -> datetime:
    """A day that is complete is known up to its end."""
    return spent[-1].at + DAY if spent and not spent[-1].partial else last


def project(month: Month) -> Projection | None:
    """The days from `as_of` to the month's end; None when too little is known."""
    if month.as_of >= month.end:
        return Projection(method=None, days=(), margin=0.0)
    if not month.complete:
        return None
    first = month.complete[-1].at + DAY
    known = [float(day.cost_usd or 0) for day in month.complete]
    found = continued(known, -((first - month.end) // DAY))
    if found is None:
        return None
    dated = [(first + ahead * DAY, value) for ahead, value in enumerate(found.values)]
    rest = tuple(
        (at, value * min(1.0, (at + DAY - month.as_of) / DAY)) for at, value in dated if at + DAY > month.as_of
    )
    return Projection(method=found.method, days=rest, margin=found.total_margin(len(rest), CONFIDENCE_PCT))


def burned(month: Month, budget: Decimal | None, *, source: str) -> BudgetBurn:
    """The month against a budget; pure."""
    spent = sum((day.cost_usd or Decimal(0) for day in month.spent), Decimal(0))
    spent_pct = None if budget is None else share_pct(spent, budget)
    elapsed_pct = (month.as_of - month.start) * 100 / (month.end - month.start)
    coming = project(month)
    total = None if coming is None else usd(float(spent) + coming.rest)
    return BudgetBurn(
        month=f"{month.start:%Y-%m}",
        start=month.start,
        end=month.end,
        as_of=month.as_of,
        budget_usd=budget,
        budget_from="none" if budget is None else "asked" if source == "asked" else "set",
        spent_usd=spent,
        unpriced=sum(day.unpriced for day in month.spent),
        spent_pct=spent_pct,
        elapsed_pct=elapsed_pct,
        burn_rate=spent_pct / elapsed_pct if spent_pct is not None and elapsed_pct else None,
        projected_usd=total,
        projected_low_usd=None if coming is None else max(spent, usd(float(spent) + coming.rest - coming.margin)),
        projected_high_usd=None if coming is None else usd(float(spent) + coming.rest + coming.margin),
        projected_pct=None if total is None or budget is None else share_pct(total, budget),
        method=coming.method if coming else None,
        exhausted_at=None if budget is None else _exhausted_at(month, coming, budget),
        on_track=None if total is None or budget is None else total <= budget,
        spent_by_day=tuple(_summed(month.spent)),
        assumptions=(ALL_WORKLOADS, GOES_ON, FROM_ERRORS) if coming and coming.method else (ALL_WORKLOADS,),
    )


def _summed(spent: Sequence[Bucket]) -> list[tuple[datetime, Decimal]]:
    sums = accumulate((day.cost_usd or Decimal(0) for day in spent), initial=Decimal(0))
    return [(day.at, total) for day, total in zip(spent, list(sums)[1:], strict=True)]


def _exhausted_at(month: Month, coming: Projection | None, budget: Decimal) -> datetime | None:
    """The first day whose end finds the budget passed."""
    known = _summed(month.spent)
    if passed := next((at for at, total in known if total > budget), None):
        return passed
    total = float(known[-1][1]) if known else 0.0
    for at, value in coming.days if coming else ():
        total += value
        if total > budget:
            return at
    return None
