"""What a tool is: a name, typed parameters and an async function that a run may call."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.asyncclient import AsyncClient
from pydantic import BaseModel, JsonValue, ValidationError

from netra.errors import ToolError
from netra.events.union import QueryRun
from netra.stores.database import Pool


@dataclass(frozen=True, kw_only=True)
class ToolContext:
    """What every call receives from the run; nothing of it ever comes from a model."""

    tenant_id: UUID
    user_id: UUID
    clickhouse: AsyncClient
    pool: Pool
    now: datetime
    asked: list[QueryRun] = field(default_factory=list[QueryRun])
    """The statements that were answered for this call, in order: its results' provenance."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One function an agent may call."""

    name: str
    description: str
    """One or two sentences for the model that chooses; the parameters describe themselves."""
    parameters: type[BaseModel]
    idempotent: bool
    """Whether a call whose outcome was lost may simply be made again."""
    effect: bool = False
    """Whether a call changes something outside its run: then a person must approve it first."""
    run: Callable[[ToolContext, Any], Awaitable[BaseModel]]
    """Receives an instance of `parameters`; raises `ToolError` with a sentence fit for the person."""


Tools = Mapping[str, Tool]
"""The registry: tools by name."""


def parse_arguments(tool: Tool, arguments: Mapping[str, JsonValue]) -> BaseModel:
    """The typed parameters of a call, or a `ToolError` that says which argument is wrong."""
    try:
        return tool.parameters.model_validate(arguments)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "arguments"
        raise ToolError(f"{tool.name}: {place}: {first['msg']}", where=f"tool {tool.name}") from error


def spoken(name: str) -> str:
    """A tool's name as every provider of models takes it: without dots."""
    return name.replace(".", "__")


def meant(name: str) -> str:
    """The tool that a model means by such a name; only a tenant's own tools have dots, and two of them."""
    return name.replace("__", ".", 2) if name.startswith("mcp__") else name
