"""One run as an operator inspects it: its steps, how long and large they are, and nothing of what they are about."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from netra.errors import NotFoundError
from netra.runs.overview import RunLine
from netra.stores.database import Executor
from netra.stores.queries import load

QUERIES = load("netra.runs", "sql/inspection.sql")


class Step(BaseModel):
    """One event without its contents; what it does not have is null."""

    model_config = ConfigDict(frozen=True)

    seq: int
    type: str
    agent: str
    at: datetime
    bytes: int = Field(description="Size of its data as JSON.")
    call_id: str | None
    tool: str | None
    status: str | None = Field(description="Of a tool call that ended: ok, error or unknown.")
    ms: float | None
    to: str | None = Field(description="The agent that the run was handed to.")
    reason: str | None = Field(description="Why the run failed, machine-readable.")
    component: str | None


class ModelCallLine(BaseModel):
    """One call of a language model."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    role: str
    provider: str
    model: str
    attempt: int
    tried: int = Field(description="Which try of this model it was, from 1.")
    outcome: str
    input_tokens: int | None
    output_tokens: int | None
    ms: float | None
    first_ms: float | None
    cost_usd: float | None = Field(description="Null when the price is not known.")
    estimated: bool = Field(description="The provider did not count the tokens.")


class Inspection(BaseModel):
    """A run, its steps and its model calls."""

    model_config = ConfigDict(frozen=True)

    run: RunLine
    events: tuple[Step, ...]
    calls: tuple[ModelCallLine, ...]


async def inspect(database: Executor, run_id: UUID) -> Inspection:
    """Anybody's run; raises NotFoundError."""
    row = await database.fetchrow(QUERIES["run"], run_id)
    if row is None:
        raise NotFoundError("no such run", where="run_id")
    steps = await database.fetch(QUERIES["steps"], run_id)
    calls = await database.fetch(QUERIES["calls"], run_id)
    return Inspection(
        run=RunLine.model_validate(dict(row.items())),
        events=tuple(Step.model_validate(dict(step.items())) for step in steps),
        calls=tuple(ModelCallLine.model_validate(dict(call.items())) for call in calls),
    )
