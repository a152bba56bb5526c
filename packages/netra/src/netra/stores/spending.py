"""What each person's model calls cost today, in UTC: rows, because money must outlive a restart of Valkey."""

from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from netra.stores.database import Executor
from netra.stores.windows import QUERIES


class Spent(BaseModel):
    """What a person spent since midnight UTC."""

    model_config = ConfigDict(frozen=True)

    tokens: int
    cost_usd: float
    resets_in_s: float


async def spend(database: Executor, user_id: UUID, *, tokens: int, cost_usd: float) -> Spent:
    """Add a model call's tokens and cost; call it in the transaction that keeps the call's usage row."""
    await database.execute(QUERIES["spend"], user_id, tokens, Decimal(str(cost_usd)))
    return await spent(database, user_id)


async def spent(database: Executor, user_id: UUID) -> Spent:
    """What the person spent so far today."""
    row = await database.fetchrow(QUERIES["spent"], user_id)
    # A join from a row that is always there.
    return Spent(**dict(row.items())) if row else Spent(tokens=0, cost_usd=0, resets_in_s=0)
