"""Text that PostgreSQL and JSON can hold: what a model or a file says may contain NUL and halves of surrogate pairs."""

import re
from collections.abc import Sequence
from typing import Any, cast

from pydantic_core import PydanticSerializationError

from netra.events.union import EventData
from netra.runs.frames import Said

NUL = "\\u0000"
"""As JSON writes it; text that spells these characters holds it too, which costs a second look and changes nothing."""
UNFIT = re.compile(r"[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def legible(said: Sequence[Said]) -> tuple[list[Said], list[str]]:
    """What was said without characters that cannot be kept, and its data as JSON."""
    pairs = [_legible(data) for _, data in said]
    return [Said(agent, data) for (agent, _), (data, _) in zip(said, pairs, strict=True)], [body for _, body in pairs]


def _legible(data: EventData) -> tuple[EventData, str]:
    try:
        body = data.model_dump_json()
    except PydanticSerializationError:
        body = NUL
    if NUL not in body:
        return data, body
    fit = type(data).model_validate(_replaced(data.model_dump()))
    return fit, fit.model_dump_json()


def _replaced(value: object) -> object:
    match value:
        case str():
            return UNFIT.sub(REPLACEMENT, value)
        case dict():
            return {_replaced(key): _replaced(inner) for key, inner in cast("dict[Any, Any]", value).items()}
        case list() | tuple():
            return [_replaced(inner) for inner in cast("Sequence[Any]", value)]
        case _:
            return value
