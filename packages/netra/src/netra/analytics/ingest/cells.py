"""How cells of exports are read: nested values may be JSON in text, numbers may be missing, seconds become ms."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

import orjson

from netra.analytics.ingest.parse import read_moment

Cells = Mapping[str, object]


def first(cells: Cells, *names: str) -> object:
    """The first of these columns with something in it."""
    return next((value for name in names if (value := cells.get(name)) not in (None, "")), None)


def nested(value: object) -> Cells:
    """The map in a cell, which in CSV is its JSON; empty when there is none."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return {}
    return cast("Cells", value) if isinstance(value, dict) else {}


def number(value: object) -> float:
    """The cell's number, 0 when it holds none."""
    try:
        found = float(str(value))
    except ValueError:
        return 0.0
    return found if math.isfinite(found) else 0.0


def between_ms(began: object, ended: object) -> float | None:
    """Milliseconds between two cells with moments; None when one is missing or they are the wrong way round."""
    try:
        start, end = (_moment(cell) for cell in (began, ended))
    except ValueError:
        return None
    return (end - start).total_seconds() * 1000 if end >= start else None


def _moment(cell: object) -> datetime:
    at = cell if isinstance(cell, datetime) else read_moment(cell)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
