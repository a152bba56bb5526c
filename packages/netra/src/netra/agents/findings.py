"""What a tool found, as the log holds it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from netra.events.union import ToolStatus


class Finding(BaseModel):
    """One call of a tool and how it ended."""

    model_config = ConfigDict(frozen=True)

    call_id: str
    tool: str
    arguments: dict[str, JsonValue]
    status: ToolStatus | Literal["refused"]
    """`refused`: it needed an approval and did not get it; it was not made, and `error` says why."""
    result: JsonValue = None
    error: str = ""
