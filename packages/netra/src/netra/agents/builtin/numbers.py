"""A figure of an answer, and where it came from."""

from pydantic import BaseModel, ConfigDict


class Number(BaseModel):
    """One figure, as exact as the tool gave it, and as the answer writes it."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: int | float
    unit: str
    tool: str
    call_id: str
    text: str
    """As written in the answer, rounded for reading."""
