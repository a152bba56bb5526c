"""The route that says what the caller used: questions, tokens and cost, by day and by model."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from netra.auth.limits import plan_of
from netra.auth.principal import Plan
from netra.runs.usage import DayUse, ModelUse, Use, days_of, models_of, total
from netra.stores.spending import spent
from netra.web.access import Caller, Here
from netra.web.errors import REFUSED

router = APIRouter(tags=["limits"])
Days = Annotated[int, Query(ge=1, le=366, description="UTC days, today included.")]


class DayBudgetState(BaseModel):
    """What the plan lets models cost in a day, and what of it is used today."""

    model_config = ConfigDict(frozen=True)

    tokens_per_day: int
    tokens_used: int
    cost_usd_per_day: float
    cost_usd_used: float
    resets_in_s: float


class Usage(BaseModel):
    """What the caller used."""

    model_config = ConfigDict(frozen=True)

    plan: Plan
    since: date
    until: date
    total: Use
    days: tuple[DayUse, ...]
    models: tuple[ModelUse, ...]
    budget: DayBudgetState


@router.get("/api/usage", responses=REFUSED)
async def get_usage(caller: Caller, here: Here, days: Days = 30) -> Usage:
    """What the caller asked in the last days and what the models that answered cost; the day's budget beside it."""
    until = datetime.now(UTC).date()
    since = until - timedelta(days=days - 1)
    each, models, today = await asyncio.gather(
        days_of(here.pool, caller.user_id, since, until),
        models_of(here.pool, caller.user_id, since, until),
        spent(here.pool, caller.user_id),
    )
    plan = plan_of(caller)
    budget = DayBudgetState(
        tokens_per_day=plan.tokens_per_day,
        tokens_used=today.tokens,
        cost_usd_per_day=plan.cost_usd_per_day,
        cost_usd_used=today.cost_usd,
        resets_in_s=today.resets_in_s,
    )
    return Usage(plan=caller.plan, since=since, until=until, total=total(each), days=each, models=models, budget=budget)
