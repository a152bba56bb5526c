"""Routes of the budget that a tenant sets for its workloads; it warns, and stops nothing."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, ConfigDict, Field

from netra.analytics import budgets
from netra.analytics.database import Database
from netra.analytics.queries.budget import BudgetBurn, BudgetQuestion, BudgetSet
from netra.analytics.queries.burn import budget_burn
from netra.analytics.scope import TenantReader
from netra.web.access import Caller, Here
from netra.web.bodies import BudgetBody
from netra.web.errors import REFUSED

router = APIRouter(prefix="/api/budget", tags=["limits"])


class Month(BaseModel):
    """Which month."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    month: str = Field(
        default="",
        pattern=r"^(20\d{2}-(0[1-9]|1[0-2]))?$",
        description="As 2026-11; empty means the present month, UTC.",
    )


@router.get("", responses=REFUSED)
async def get_budget(caller: Caller, here: Here, asked: Annotated[Month, Query()]) -> BudgetBurn:
    """The month's budget, how much of it the workloads have used, and whether the rest will last."""
    budget: Decimal | None = await budgets.budget_of(here.pool, caller.tenant_id)
    # A plain UUID: orjson refuses asyncpg's subclass.
    reader = TenantReader(Database(await here.warehouse.client()), UUID(int=caller.tenant_id.int))
    return await budget_burn(reader, BudgetQuestion(month=asked.month), budget, datetime.now(UTC))


@router.put("", responses=REFUSED)
async def set_budget(body: BudgetBody, caller: Caller, here: Here) -> BudgetSet:
    """Set what all workloads together may cost a calendar month."""
    return await budgets.set_budget(here.pool, caller.tenant_id, caller.user_id, Decimal(str(body.monthly_usd)))


@router.delete("", status_code=status.HTTP_204_NO_CONTENT, responses=REFUSED)
async def remove_budget(caller: Caller, here: Here) -> None:
    """Set none."""
    await budgets.remove_budget(here.pool, caller.tenant_id)
