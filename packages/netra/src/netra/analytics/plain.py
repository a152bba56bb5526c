"""Values of ClickHouse as JSON has them."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from pydantic import JsonValue

MOST_CHARACTERS = 500
MOST_ITEMS = 100


def plain(value: object) -> JsonValue:
    """The value in JSON: moments in ISO 8601, decimals as numbers, no number as null; long texts and lists are cut."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return float(value)
        case datetime() | date():
            return value.isoformat()
        case str():
            return value if len(value) <= MOST_CHARACTERS else value[:MOST_CHARACTERS] + "…"
        case Mapping():
            pairs = list(cast("Mapping[object, object]", value).items())[:MOST_ITEMS]
            return {str(plain(key)): plain(item) for key, item in pairs}
        case list() | tuple():
            return [plain(item) for item in cast("Sequence[Any]", value)[:MOST_ITEMS]]
        case _:
            return plain(str(value))
