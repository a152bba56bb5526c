"""The route that says what the caller's plan still allows."""

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from netra.auth.limits import plan_of
from netra.auth.principal import Plan, Principal
from netra.errors import Allowance, UnauthorizedError
from netra.runs import room
from netra.stores.spending import spent
from netra.web.access import Caller, Here
from netra.web.errors import documented
from netra.web.services import Services

router = APIRouter(tags=["limits"])


class PlanState(BaseModel):
    """Every limit of the caller's plan, with what is left of it."""

    model_config = ConfigDict(frozen=True)

    plan: Plan
    limits: tuple[Allowance, ...]


@router.get("/api/limits", responses=documented(UnauthorizedError))
async def get_limits(caller: Caller, here: Here) -> PlanState:
    """What the caller's plan allows, what is left, and when it resets; asking counts against nothing."""
    messages, sockets, runs, budget = await asyncio.gather(
        here.limits.messages(caller), here.limits.sockets(caller), room.left(here.pool, caller), _budget(here, caller)
    )
    return PlanState(plan=caller.plan, limits=(messages, sockets, runs, *budget))


async def _budget(here: Services, caller: Principal) -> tuple[Allowance, ...]:
    plan = plan_of(caller)
    today = await spent(here.pool, caller.user_id)
    used = {"tokens_per_day": today.tokens, "cost_usd_per_day": today.cost_usd}
    return tuple(
        Allowance(
            name=name,
            limit=getattr(plan, name),
            remaining=max(getattr(plan, name) - amount, 0),
            resets_in_s=today.resets_in_s,
        )
        for name, amount in used.items()
    )
