"""Whose data a command is about, and the lock that lets only one import of a tenant run at a time."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from netra.analytics.database import Database
from netra.auth.local import local_account
from netra.cli.reach import reached
from netra.errors import ConflictError, InvalidError, NotFoundError
from netra.settings.contract import process_environment
from netra.settings.model import Settings
from netra.stores import clickhouse, postgres
from netra.stores.database import Executor, Pool
from netra.stores.queries import load

QUERIES = load("netra.cli", "sql/data.sql")
REGISTER = "register first: POST /api/auth/register, or on the page of `netra up`"
Result = TypeVar("Result")


class Owner(BaseModel):
    """Whose data it is; without either, in `local` the local account's, elsewhere the only tenant's there is."""

    model_config = ConfigDict(frozen=True)

    email: str
    tenant: UUID | None


async def for_tenant(owner: Owner, work: Callable[[Database, UUID], Awaitable[Result]]) -> Result:
    """Do the work as the only import of the owner's tenant."""
    async with reached(process_environment()) as settings, postgres.pool(settings.postgres) as pool:
        # A plain UUID: orjson refuses asyncpg's subclass.
        tenant_id = UUID(int=(await _tenant(pool, settings, owner)).int)
        client = await clickhouse.open_client(settings.clickhouse)
        try:
            async with pool.acquire() as connection, locked(connection, tenant_id):
                return await work(Database(client), tenant_id)
        finally:
            await client.close()


async def _tenant(pool: Pool, settings: Settings, owner: Owner) -> UUID:
    """As `tenant_of`; in `local`, where nobody has to register, the account of this machine is made when in doubt."""
    unnamed = not (owner.email or owner.tenant)
    if settings.environment == "local" and unnamed and len(await pool.fetch(QUERIES["tenants"])) != 1:
        return (await local_account(pool, settings.state_dir)).account.tenant_id
    return await tenant_of(pool, owner)


async def tenant_of(executor: Executor, owner: Owner) -> UUID:
    """The owner's tenant; raises NotFoundError or InvalidError that says how to name one."""
    if owner.tenant:
        row = await executor.fetchrow(QUERIES["tenant_by_id"], owner.tenant)
        if row is None:
            raise NotFoundError(f"there is no tenant {owner.tenant}", where="--tenant", hint=REGISTER)
        return row["tenant_id"]
    if owner.email:
        row = await executor.fetchrow(QUERIES["tenant_by_email"], owner.email)
        if row is None:
            raise NotFoundError(f"there is no account {owner.email}", where="--email", hint=REGISTER)
        return row["tenant_id"]
    rows = await executor.fetch(QUERIES["tenants"])
    if len(rows) != 1:
        count = "no account" if not rows else "more than one account"
        raise InvalidError(f"there is {count}", where="--email", hint=f"say whose data it is with --email; {REGISTER}")
    return rows[0]["tenant_id"]


@asynccontextmanager
async def locked(executor: Executor, tenant_id: UUID) -> AsyncGenerator[None]:
    """Hold the tenant's import lock; raises ConflictError when another import has it."""
    if not await executor.fetchval(QUERIES["lock"], tenant_id):
        raise ConflictError("another import of this tenant is running", where=str(tenant_id), hint="wait for its end")
    try:
        yield
    finally:
        await executor.fetchval(QUERIES["unlock"], tenant_id)
