"""The budget that a tenant sets for itself."""

from collections.abc import Generator
from contextlib import contextmanager
from decimal import Decimal
from uuid import UUID

from netra.analytics.queries.budget import BudgetSet
from netra.stores import postgres
from netra.stores.database import Executor
from netra.stores.queries import load

QUERIES = load("netra.analytics", "sql/budgets.sql")


async def budget_of(database: Executor, tenant_id: UUID) -> Decimal | None:
    """US dollars a calendar month; None when none is set. Raises StoreError."""
    with _explained():
        amount: Decimal | None = await database.fetchval(QUERIES["of_tenant"], tenant_id)
    return amount


async def set_budget(database: Executor, tenant_id: UUID, user_id: UUID, monthly_usd: Decimal) -> BudgetSet:
    """Set it; doing it again with the same amount changes nothing but the moment. Raises StoreError."""
    with _explained():
        rows = await database.fetch(QUERIES["set"], tenant_id, monthly_usd, user_id)
    return BudgetSet(**dict(rows[0].items()))


async def remove_budget(database: Executor, tenant_id: UUID) -> None:
    """Set none. Raises StoreError."""
    with _explained():
        await database.execute(QUERIES["remove"], tenant_id)


@contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except postgres.FAILURES as error:
        raise postgres.explain(error) from error
