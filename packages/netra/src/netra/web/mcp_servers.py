"""Routes of the MCP servers that a tenant brings: whose tools its agents may call, and how freely."""

from uuid import UUID

from fastapi import APIRouter, status
from pydantic import BaseModel, ConfigDict, SecretStr

from netra.auth.deeds import deed
from netra.auth.principal import Principal
from netra.errors import ConflictError, InvalidError, NotFoundError, ToolError
from netra.tools.mcp import servers
from netra.tools.mcp.addresses import Rules
from netra.tools.mcp.servers import Manager, Server
from netra.tools.mcp.session import Offer, Way, listed
from netra.tools.mcp.tokens import Tokens
from netra.web.access import Caller, From, Here, Person, noted
from netra.web.bodies import McpServerBody, McpTokenBody, McpToolsBody
from netra.web.errors import OWNED, REFUSED, documented

HINTS = {
    "url": "is it the address of a streamable HTTP server?",
    "token": "give the one that whoever runs the server has made for you",
}
router = APIRouter(prefix="/api/mcp-servers", tags=["mcp"])


class ServerList(BaseModel):
    """The tenant's servers."""

    model_config = ConfigDict(frozen=True)

    servers: tuple[Server, ...]


@router.get("", responses=REFUSED)
async def list_servers(caller: Caller, here: Here) -> ServerList:
    """The tenant's servers by name, with their tools as they were when the server was added."""
    return ServerList(servers=await servers.servers_of(here.pool, caller.tenant_id))


@router.post("", status_code=status.HTTP_201_CREATED, responses=REFUSED | documented(ConflictError))
async def add_server(body: McpServerBody, caller: Person, here: Here, origin: From) -> ServerList:
    """Ask a server for its tools and keep what it says; none of them may be called before it is allowed."""
    who = manager(caller)
    with noted(here, origin, caller):
        await servers.manage(here.pool, who)
        token = SecretStr(body.token) if body.token else None
        offers = await _offers(Way(url=body.url, rules=Rules(private=here.settings.mcp_private_origins), token=token))
        async with deed(here.pool, origin) as done:
            server_id = await servers.add(done.connection, who, body.name, body.url, offers)
            if token:
                await servers.set_token(done.connection, who, server_id, Tokens.of(here.settings).closed(token))
            done.note("mcp_server_added", caller.user_id, f"{body.name} {body.url}")
    return await list_servers(caller, here)


@router.put("/{server_id}/tools", responses=OWNED)
async def allow_tools(server_id: UUID, body: McpToolsBody, caller: Person, here: Here, origin: From) -> ServerList:
    """Say which of a server's tools agents may call; whatever is not named they may not."""
    with noted(here, origin, caller):
        async with deed(here.pool, origin) as done:
            await servers.allow(done.connection, manager(caller), server_id, body.tools)
            said = " ".join(f"{name}={how}" for name, how in sorted(body.tools.items()))
            done.note("mcp_tools_allowed", caller.user_id, f"{server_id} {said}"[:1000])
    return await list_servers(caller, here)


@router.put("/{server_id}/token", status_code=status.HTTP_204_NO_CONTENT, responses=OWNED | documented(NotFoundError))
async def set_token(server_id: UUID, body: McpTokenBody, caller: Person, here: Here, origin: From) -> None:
    """Give a server another token, or none: every run that begins from now on logs in with it."""
    sealed = Tokens.of(here.settings).closed(SecretStr(body.token)) if body.token else None
    with noted(here, origin, caller):
        async with deed(here.pool, origin) as done:
            await servers.set_token(done.connection, manager(caller), server_id, sealed)
            done.note("mcp_token_set" if sealed else "mcp_token_removed", caller.user_id, str(server_id))


@router.delete("/{server_id}", status_code=status.HTTP_204_NO_CONTENT, responses=OWNED | documented(NotFoundError))
async def remove_server(server_id: UUID, caller: Person, here: Here, origin: From) -> None:
    """Remove a server: its tools are gone for every run that begins from now on."""
    with noted(here, origin, caller):
        async with deed(here.pool, origin) as done:
            await servers.remove(done.connection, manager(caller), server_id)
            done.note("mcp_server_removed", caller.user_id, str(server_id))


def manager(caller: Principal) -> Manager:
    """Who asks, as the tenant's servers know people."""
    return Manager(tenant_id=caller.tenant_id, user_id=caller.user_id, operator=caller.role == "operator")


async def _offers(way: Way) -> tuple[Offer, ...]:
    way.rules.check(way.url)
    try:
        return await listed(way)
    except ToolError as error:
        where = error.where if error.where in HINTS else "url"
        raise InvalidError(error.message, where=where, hint=HINTS[where]) from error
