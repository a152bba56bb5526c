"""Routes of the MCP servers that a tenant brings: whose tools its agents may call, and how freely."""

from uuid import UUID

from fastapi import APIRouter, status
from pydantic import BaseModel, ConfigDict

from netra.auth.deeds import deed
from netra.auth.principal import Principal
from netra.errors import ConflictError, InvalidError, NotFoundError, ToolError
from netra.tools.mcp import servers
from netra.tools.mcp.addresses import Rules
from netra.tools.mcp.servers import Manager, Server
from netra.tools.mcp.session import Offer, listed
from netra.web.access import Caller, From, Here, Person, noted
from netra.web.bodies import McpServerBody, McpToolsBody
from netra.web.errors import OWNED, REFUSED, documented

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
        offers = await _offers(body.url, Rules(private=here.settings.mcp_private_origins))
        async with deed(here.pool, origin) as done:
            await servers.add(done.connection, who, body.name, body.url, offers)
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


async def _offers(url: str, rules: Rules) -> tuple[Offer, ...]:
    rules.check(url)
    try:
        return await listed(url, rules)
    except ToolError as error:
        raise InvalidError(error.message, where="url", hint="is it the address of a streamable HTTP server?") from error
