"""The servers of a tenant, as PostgreSQL keeps them."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, JsonValue

from netra.errors import ConflictError, ForbiddenError, NotFoundError
from netra.stores.database import Executor
from netra.stores.queries import load
from netra.tools.mcp.session import Offer

QUERIES = load("netra.tools", "mcp/servers.sql")
MOST_SERVERS = 10
"""Of one tenant."""
MOST_DESCRIPTION = 1000
MOST_SCHEMA = 16_000
"""Bytes of a tool's parameters; a tool that needs more is not taken."""
TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What every provider of models takes as a name of a tool."""
Allowed = Literal["no", "reads", "asks"]
"""Not at all; whenever an agent likes; each time with the approval of the run's owner."""


class KeptTool(BaseModel):
    """A tool as it was when its server was added, and whether agents may call it."""

    model_config = ConfigDict(frozen=True)

    name: str
    description: str
    parameters: dict[str, JsonValue]
    says_reads: bool
    """What the server says; it may lie."""
    allowed: Allowed


class Server(BaseModel):
    """A server that a tenant brings."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    url: str
    has_token: bool
    """Whether netra logs in there with a token."""
    created_at: datetime
    tools: tuple[KeptTool, ...]


class Manager(BaseModel):
    """Who manages a tenant's servers."""

    model_config = ConfigDict(frozen=True)

    tenant_id: UUID
    user_id: UUID
    operator: bool


async def servers_of(database: Executor, tenant_id: UUID) -> tuple[Server, ...]:
    """A tenant's servers with their tools, by name."""
    rows = await database.fetch(QUERIES["of_tenant"], tenant_id)
    return tuple(Server.model_validate(dict(row.items())) for row in rows)


async def tokens_of(database: Executor, tenant_id: UUID) -> dict[UUID, str]:
    """The sealed tokens of a tenant's servers, of those that want one."""
    rows = await database.fetch(QUERIES["tokens"], tenant_id)
    return {UUID(int=row["id"].int): row["token"] for row in rows}


async def reseal(database: Executor, renewed: Callable[[str], str | None]) -> int:
    """Seal anew what `renewed` seals otherwise, of every tenant; how many. One that is set meanwhile stays as set."""
    rows = await database.fetch(QUERIES["every_token"])
    again = [(row["id"], row["token"], sealed) for row in rows if (sealed := renewed(row["token"]))]
    for one in again:
        await database.execute(QUERIES["reseal"], *one)
    return len(again)


async def manage(database: Executor, who: Manager) -> None:
    """Lock the tenant's servers; raises ForbiddenError for who is neither its first person nor an operator."""
    if not await database.fetchval(QUERIES["managed"], who.tenant_id, who.user_id, who.operator):
        raise ForbiddenError("only the tenant's first person or an operator manages its servers", where="role")


async def add(database: Executor, who: Manager, name: str, url: str, offers: tuple[Offer, ...]) -> UUID:
    """Keep a server and what it offers; nothing of it may be called yet. Raises ConflictError, ForbiddenError."""
    await manage(database, who)
    if await database.fetchval(QUERIES["count"], who.tenant_id) >= MOST_SERVERS:
        raise ConflictError(f"a tenant has at most {MOST_SERVERS} servers", where="name", hint="remove one first")
    server_id: UUID | None = await database.fetchval(QUERIES["add"], who.tenant_id, name, url, who.user_id)
    if server_id is None:
        raise ConflictError(f"there is a server {name} already", where="name", hint="choose another name")
    for offer in filter(_usable, offers):
        kept = (offer.name, offer.description[:MOST_DESCRIPTION], offer.parameters, offer.says_reads)
        await database.execute(QUERIES["add_tool"], server_id, *kept)
    return server_id


def _usable(offer: Offer) -> bool:
    return TOOL_NAME.fullmatch(offer.name) is not None and len(orjson.dumps(offer.parameters)) <= MOST_SCHEMA


async def set_token(database: Executor, who: Manager, server_id: UUID, sealed: str | None) -> None:
    """Log in at the server with this token from now on, or with none. Raises NotFoundError, ForbiddenError."""
    await manage(database, who)
    if await database.fetchval(QUERIES["set_token"], who.tenant_id, server_id, sealed) is None:
        raise NotFoundError("no such server", where="server_id")


async def allow(database: Executor, who: Manager, server_id: UUID, allowed: Mapping[str, Allowed]) -> None:
    """Allow these tools and no others. Raises NotFoundError for a server or a tool that is not there."""
    await manage(database, who)
    rows: list[Any] = await database.fetch(QUERIES["allow"], who.tenant_id, server_id, dict(allowed))
    names = {row["name"] for row in rows}
    if missing := sorted(allowed.keys() - names):
        raise NotFoundError(f"the server has no tool {missing[0]}", where="tools")
    if not rows and server_id not in {server.id for server in await servers_of(database, who.tenant_id)}:
        raise NotFoundError("no such server", where="server_id")


async def remove(database: Executor, who: Manager, server_id: UUID) -> None:
    """Remove a server. Raises NotFoundError, ForbiddenError."""
    await manage(database, who)
    if await database.fetchval(QUERIES["remove"], who.tenant_id, server_id) is None:
        raise NotFoundError("no such server", where="server_id")
