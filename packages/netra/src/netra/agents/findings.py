"""What tools found, and the numbers an answer took from it."""

from pydantic import BaseModel, ConfigDict, JsonValue

from netra.events.union import ToolStatus


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Finding(_Frozen):
    """One call of a tool and how it ended, as the log holds it."""

    call_id: str
    tool: str
    arguments: dict[str, JsonValue]
    status: ToolStatus
    result: JsonValue = None
    error: str = ""


class Number(_Frozen):
    """One figure of an answer, and the call that produced it."""

    name: str
    value: float | int
    unit: str
    tool: str
    call_id: str
