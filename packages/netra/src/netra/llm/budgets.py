"""What a plan lets a person spend on models in a day."""

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from netra.errors import NetraError
from netra.events.union import Budget
from netra.stores.spending import Spent


class DayBudget(BaseModel):
    """Of one plan, a person and a day in UTC."""

    model_config = ConfigDict(frozen=True)

    tokens: int
    cost_usd: float


class BudgetExceededError(NetraError):
    """The day's budget is used up: no further model call is begun."""

    code = "budget_exceeded"
    status = 429

    def __init__(self, budget: Budget) -> None:
        """State limit, use and when it begins anew."""
        what = "tokens" if budget.name == "tokens_per_day" else "US dollars"
        super().__init__(
            f"the plan allows {budget.limit:g} {what} a day and {budget.used:g} are used; "
            f"it begins anew at {budget.resets_at:%Y-%m-%d %H:%M} UTC",
            where="plan",
            hint="wait until then or change the plan",
        )
        self.budget = budget


def exceeded(spent: Spent, allowed: DayBudget, now: datetime) -> Budget | None:
    """The budget that is used up, if one is; calls under way count when they end."""
    resets_at = (now + timedelta(seconds=spent.resets_in_s)).astimezone(UTC)
    if spent.tokens >= allowed.tokens:
        return Budget(name="tokens_per_day", limit=allowed.tokens, used=spent.tokens, resets_at=resets_at)
    if spent.cost_usd >= allowed.cost_usd:
        return Budget(name="cost_usd_per_day", limit=allowed.cost_usd, used=spent.cost_usd, resets_at=resets_at)
    return None
