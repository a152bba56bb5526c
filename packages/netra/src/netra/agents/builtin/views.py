"""What can be drawn beside an answer: series, bars and tables with the values as exact as the tools gave them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Cell = str | int | float | None
MOST_POINTS = 1000
"""Of one series: more no screen shows, and every event of a run is kept for years."""
MOST_BARS = 12
MOST_ROWS = 200


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)

    title: str
    call_id: str
    """Of the tool call that all of it comes from."""


class Series(_View):
    """Values over time."""

    kind: Literal["series"] = "series"
    unit: str
    points: tuple[tuple[str, float], ...]
    """Moment (ISO 8601, UTC) and value."""
    band: tuple[tuple[str, float, float], ...] | None = None
    """Moment, lowest and highest, where the values are estimates."""


class Bars(_View):
    """Values by name, the largest first."""

    kind: Literal["bars"] = "bars"
    unit: str
    rows: tuple[tuple[str, float], ...]


class Column(BaseModel):
    """What a column of a table holds."""

    model_config = ConfigDict(frozen=True)

    name: str
    unit: str
    """Empty for text."""


class Table(_View):
    """Rows of text and values; None where there is none."""

    kind: Literal["table"] = "table"
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


View = Annotated[Series | Bars | Table, Field(discriminator="kind")]


def at(moment: datetime) -> str:
    """A moment as views carry it."""
    return moment.isoformat()


def series(title: str, unit: str, call_id: str, points: Iterable[tuple[datetime, float | None]]) -> list[Series]:
    """The series of the points that have a value, if there are two; thinned evenly when they are too many."""
    known = [(at(moment), float(value)) for moment, value in points if value is not None]
    if len(known) < 2:  # noqa: PLR2004 - one point is no series
        return []
    every = -(-len(known) // MOST_POINTS)
    return [Series(title=title, unit=unit, call_id=call_id, points=tuple(known[::every]))]


def bars(title: str, unit: str, call_id: str, rows: Iterable[tuple[str, float | None]]) -> list[Bars]:
    """The bars of the rows that have a value, if there are two."""
    known = [(label, float(value)) for label, value in rows if value is not None]
    if len(known) < 2:  # noqa: PLR2004 - one bar compares nothing
        return []
    ordered = sorted(known, key=lambda row: -abs(row[1]))
    return [Bars(title=title, unit=unit, call_id=call_id, rows=tuple(ordered[:MOST_BARS]))]


def table(
    title: str, call_id: str, columns: Iterable[tuple[str, str]], rows: Iterable[tuple[Cell, ...]]
) -> list[Table]:
    """The table, if it has a row."""
    kept = tuple(rows)[:MOST_ROWS]
    if not kept:
        return []
    named = tuple(Column(name=name, unit=unit) for name, unit in columns)
    return [Table(title=title, call_id=call_id, columns=named, rows=kept)]
