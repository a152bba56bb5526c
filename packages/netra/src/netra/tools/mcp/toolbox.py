"""The tools of a tenant's servers, as its runs may call them: `mcp.<server>.<tool>`."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import JsonValue, RootModel, model_validator

from netra.stores import postgres
from netra.stores.database import Pool
from netra.tools.mcp.addresses import Rules
from netra.tools.mcp.servers import KeptTool, Server, servers_of, tokens_of
from netra.tools.mcp.session import Outcome, Way, called, prepare
from netra.tools.mcp.tokens import Tokens
from netra.tools.registry import Tool, ToolContext, Tools

PREFIX = "mcp"
MOST_ARGUMENTS = 20_000
"""Bytes of the arguments of one call."""


class McpToolbox:
    """Finds a tenant's tools for each run."""

    def __init__(self, pool: Pool, rules: Rules, tokens: Tokens) -> None:
        """Read them here, and reach their servers by these rules, with their tokens."""
        self._pool = pool
        self._rules = rules
        self._tokens = tokens

    async def of(self, tenant_id: UUID) -> Tools:
        """Those that the tenant allows. Raises StoreError."""
        try:
            servers = await servers_of(self._pool, tenant_id)
            sealed = await tokens_of(self._pool, tenant_id) if any(s.has_token for s in servers) else {}
        except postgres.FAILURES as error:
            raise postgres.explain(error) from error
        made = [
            self._tool(server, tool, sealed.get(server.id))
            for server in servers
            for tool in server.tools
            if tool.allowed != "no"
        ]
        if made:
            await prepare()
        return {tool.name: tool for tool in made}

    def _tool(self, server: Server, kept: KeptTool, sealed: str | None) -> Tool:
        reads = kept.allowed == "reads"

        async def run(context: ToolContext, arguments: RootModel[dict[str, JsonValue]]) -> Outcome:
            del context
            # Said again at each call: what was allowed once may be forbidden by now.
            self._rules.check(server.url)
            token = self._tokens.opened(sealed) if sealed else None
            way = Way(url=server.url, rules=self._rules, token=token)
            return await called(server.name, way, kept.name, arguments.root)

        return Tool(
            name=f"{PREFIX}.{server.name}.{kept.name}",
            description=f"Of the server {server.name}, outside of netra: {kept.description}",
            parameters=arguments_of(kept.parameters),
            idempotent=reads,
            effect=not reads,
            run=run,
        )


def arguments_of(schema: Mapping[str, JsonValue]) -> type[RootModel[dict[str, JsonValue]]]:
    """Parameters that a JSON Schema describes; what it refers to elsewhere is never fetched."""

    class Arguments(RootModel[dict[str, JsonValue]]):
        """The arguments of one call."""

        @model_validator(mode="after")
        def _fits(self) -> "Arguments":
            if len(json.dumps(self.root)) > MOST_ARGUMENTS:
                message = f"the arguments are larger than {MOST_ARGUMENTS} bytes"
                raise ValueError(message)
            # Costs a fifth of a second, which the client's import has paid by now.
            from netra.tools.mcp.fitting import misfit  # noqa: PLC0415

            if problem := misfit(schema, self.root):
                raise ValueError(problem)
            return self

        @classmethod
        def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
            """As the server describes it."""
            return dict(schema)

    return Arguments
