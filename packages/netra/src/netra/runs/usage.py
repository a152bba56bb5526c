"""What a person asked and what the models that answered cost, by day and by model; days are UTC's."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from netra.stores.database import Executor, Record
from netra.stores.queries import load

QUERIES = load("netra.runs", "sql/usage.sql")


class Use(BaseModel):
    """How much."""

    model_config = ConfigDict(frozen=True)

    messages: int = Field(description="Questions that were asked; of a model those for which it was called.")
    calls: int = Field(description="Of language models; the builtin analyst makes none.")
    input_tokens: int
    output_tokens: int
    cost_usd: float
    unpriced: int = Field(description="Calls of models whose price is not known; cost_usd is without them.")


class DayUse(Use):
    """One day."""

    day: date


class ModelUse(Use):
    """One model at one provider."""

    provider: str
    model: str


async def days_of(database: Executor, user_id: UUID, since: date, until: date) -> tuple[DayUse, ...]:
    """Every day from `since` to `until`, both included, the quiet ones too."""
    rows = await database.fetch(QUERIES["days"], user_id, since, until)
    return tuple(DayUse.model_validate(_fields(row)) for row in rows)


async def models_of(database: Executor, user_id: UUID, since: date, until: date) -> tuple[ModelUse, ...]:
    """Every model that was called in these days, dearest first."""
    rows = await database.fetch(QUERIES["models"], user_id, since, until)
    return tuple(ModelUse.model_validate(_fields(row)) for row in rows)


def total(days: tuple[DayUse, ...]) -> Use:
    """The days together."""
    return Use(
        messages=sum(day.messages for day in days),
        calls=sum(day.calls for day in days),
        input_tokens=sum(day.input_tokens for day in days),
        output_tokens=sum(day.output_tokens for day in days),
        cost_usd=sum(day.cost_usd for day in days),
        unpriced=sum(day.unpriced for day in days),
    )


def _fields(row: Record) -> dict[str, object]:
    return dict(row.items())
