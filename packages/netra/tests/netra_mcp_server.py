"""The program of `netra_mcp`: a few tools, one of which has an effect; with a token, only for who gives it."""

import sys
from pathlib import Path

from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

WANTED = sys.argv[3] if len(sys.argv) > 3 else ""


class Verifier:
    """Takes the one token."""

    async def verify_token(self, token: str) -> AccessToken | None:
        """Who gives it, if it is the one."""
        return AccessToken(token=token, client_id="netra", scopes=[]) if token == WANTED else None


AUTH = AuthSettings.model_validate(
    {
        "issuer_url": "https://issuer.example.com",
        "resource_server_url": "https://mcp.example.com",
        "validate_token_resource": False,
    }
)
server = MCPServer(
    "tickets", log_level="CRITICAL", auth=AUTH if WANTED else None, token_verifier=Verifier() if WANTED else None
)
READS = ToolAnnotations(read_only_hint=True)


@server.tool(annotations=READS)
def lookup(term: str, limit: int = 3) -> dict[str, list[str]]:
    """Look tickets up."""
    return {"tickets": [f"{term}-{n}" for n in range(limit)]}


@server.tool()
def send(text: str) -> str:
    """Send a message."""
    with Path(sys.argv[2]).open("a", encoding="utf-8") as file:
        file.write(text + "\n")
    return "sent"


@server.tool(annotations=READS)
def flood(characters: int) -> str:
    """Say much."""
    return "x" * characters


@server.tool(annotations=READS)
def fail() -> str:
    """Fail."""
    raise ToolError("no such queue")


@server.tool(name="odd.name", annotations=READS)
def odd() -> str:
    """Have a name that no model may call."""
    return "odd"


server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
