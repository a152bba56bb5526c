"""The program of `netra_mcp`: a few tools, one of which has an effect."""

import sys
from pathlib import Path

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

server = MCPServer("tickets", log_level="CRITICAL")
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
