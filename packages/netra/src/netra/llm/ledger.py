"""A row for every model call, written when it begins and completed when it ends, and the day's budget beside it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict

from netra.llm.budgets import BudgetExceededError, DayBudget, exceeded
from netra.settings.model import ModelSettings
from netra.stores.database import Pool
from netra.stores.postgres import FAILURES, phase_of
from netra.stores.queries import load
from netra.stores.spending import spend, spent

LOG = logging.getLogger(__name__)
QUERIES = load("netra.llm", "sql/calls.sql")
RETRY_S = 0.25
"""While PostgreSQL does not serve, it is asked again this often, until the caller's time is up."""
Price = Callable[[ModelSettings, int, int], Decimal | None]
"""Of a call with so many input and output tokens; None when the catalogue does not know."""
T = TypeVar("T")


class Caller(BaseModel):
    """For whom models are asked."""

    model_config = ConfigDict(frozen=True)

    run_id: UUID
    user_id: UUID
    tenant_id: UUID
    attempt: int
    role: str
    until: float
    """When the answer must be there, in the event loop's time."""

    @property
    def seconds_left(self) -> float:
        """Until then."""
        return self.until - asyncio.get_running_loop().time()


class Ended(BaseModel):
    """How a call ended."""

    model_config = ConfigDict(frozen=True)

    outcome: str
    """`ok`, `cached`, `cancelled`, or the reason of the failure."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    ms: float | None = None
    first_ms: float | None = None
    estimated: bool = False
    """The provider did not count."""


class Ledger:
    """Keeps the rows."""

    def __init__(self, pool: Pool, budgets: Mapping[str, DayBudget], price: Price) -> None:
        """Hold each plan to its budget."""
        self._pool = pool
        self._budgets = dict(budgets)
        self._price = price
        self._late: set[asyncio.Task[float | None]] = set()

    async def begin(self, caller: Caller, model: ModelSettings, tries: int, most: Ended) -> UUID:
        """A call is about to begin, and takes this at most: what it has cost if its worker is lost.

        Raises BudgetExceededError instead when the day's budget is used up.
        """
        await _patiently(caller, lambda: self._check(caller))
        return await _patiently(caller, lambda: self._insert(caller, model, tries, most))

    async def end(self, call: UUID, caller: Caller, model: ModelSettings, ended: Ended) -> float | None:
        """A call has ended: its row and the person's spending change together. The cost, if its price is known."""
        try:
            return await _patiently(caller, lambda: self._complete(call, caller, model, ended))
        except FAILURES as error:
            LOG.warning("model call %s stays open in its row: %s", call, type(error).__name__)
            return None

    def end_soon(self, call: UUID, caller: Caller, model: ModelSettings, ended: Ended) -> None:
        """As `end`, for whoever is being cancelled and cannot wait."""
        task = asyncio.create_task(self.end(call, caller, model, ended), name=f"llm call {call}")
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def cached(self, caller: Caller, model: ModelSettings) -> None:
        """An answer came from the cache: a row that cost nothing."""
        nothing = Ended(outcome="cached", input_tokens=0, output_tokens=0, ms=0)
        call = await _patiently(caller, lambda: self._insert(caller, model, 0, nothing))
        await self.end(call, caller, model, nothing)

    async def aclose(self) -> None:
        """Complete the last rows."""
        if self._late:
            await asyncio.wait(self._late, timeout=RETRY_S)

    async def _check(self, caller: Caller) -> None:
        plan = await self._pool.fetchval(QUERIES["plan"], caller.user_id)
        allowed = self._budgets.get(str(plan))
        over = allowed and exceeded(await spent(self._pool, caller.user_id), allowed, datetime.now(UTC))
        if over:
            raise BudgetExceededError(over)

    async def _insert(self, caller: Caller, model: ModelSettings, tries: int, most: Ended) -> UUID:
        call = uuid4()
        who = (caller.user_id, caller.tenant_id, caller.run_id, caller.attempt, caller.role)
        which = (model.provider.name, model.name, tries)
        held = (most.input_tokens, most.output_tokens, self._cost(model, most), most.estimated)
        await self._pool.execute(QUERIES["begin"], call, *who, *which, *held)
        return call

    async def _complete(self, call: UUID, caller: Caller, model: ModelSettings, ended: Ended) -> float | None:
        cost = self._cost(model, ended)
        tokens = (ended.input_tokens, ended.output_tokens)
        row = (ended.outcome, *tokens, ended.ms, ended.first_ms, cost, ended.estimated)
        async with self._pool.acquire() as connection, connection.transaction():
            if await connection.fetchval(QUERIES["end"], call, *row) is not None:
                used = sum(part or 0 for part in tokens)
                await spend(connection, caller.user_id, tokens=used, cost_usd=float(cost or 0))
        return None if cost is None else float(cost)

    def _cost(self, model: ModelSettings, ended: Ended) -> Decimal | None:
        if ended.outcome == "cached":
            return Decimal(0)
        if ended.input_tokens is None or ended.output_tokens is None:
            return None
        return self._price(model, ended.input_tokens, ended.output_tokens)


async def _patiently(caller: Caller, work: Callable[[], Awaitable[T]]) -> T:
    """Do it, again while PostgreSQL is away and the caller has time."""
    while True:
        try:
            return await work()
        except FAILURES as error:
            if phase_of(error) != "connect" or caller.seconds_left < RETRY_S:
                raise
            LOG.warning("postgres does not take model calls: %s", type(error).__name__)
            await asyncio.sleep(RETRY_S)
