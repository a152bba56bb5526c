"""The views of an answer, drawn with signs of text, for people who live in a terminal."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean

from pydantic import JsonValue, TypeAdapter, ValidationError

from netra.agents.builtin.views import Bars, Series, Table, View
from netra.cli.talk.money import BAR

VIEWS: TypeAdapter[tuple[View, ...]] = TypeAdapter(tuple[View, ...])
WIDTH = 60
LABEL = 32
WHOLE = 1e5
"""From here on what stands behind the point says nothing."""
DAY = 10
"""Characters of a date in ISO 8601."""


def drawn(result: Mapping[str, JsonValue]) -> list[str]:
    """The charts of a run's result; a table is text already, and what another revision draws otherwise is left out."""
    try:
        views = VIEWS.validate_python(result.get("views") or ())
    except ValidationError:
        return []
    # Two tool calls may have found the same.
    return list(dict.fromkeys(_view(view) for view in views if not isinstance(view, Table)))


def _view(view: Series | Bars) -> str:
    return _series(view) if isinstance(view, Series) else _bars(view)


def _series(view: Series) -> str:
    values = [value for _, value in view.points]
    first, last = view.points[0][0][:DAY], view.points[-1][0][:DAY]
    least, most = _figure(min(values)), _figure(max(values))
    return f"{view.title}\n  {line(values)}  {least} to {most} {view.unit}\n  {first} to {last}"


def _bars(view: Bars) -> str:
    most = max((abs(value) for _, value in view.rows), default=0) or 1
    wide = max((len(label[:LABEL]) for label, _ in view.rows), default=0)
    rows = [
        f"  {label[:LABEL]:<{wide}}  {'█' * max(round(abs(value) / most * WIDTH / 2), 1)} {_figure(value)} {view.unit}"
        for label, value in view.rows
    ]
    return "\n".join([view.title, *rows])


def line(values: Sequence[float]) -> str:
    """One sign for each value, or for the mean of as many as fit behind one; the lowest lies at the bottom."""
    count = min(len(values), WIDTH)
    if not count:
        return ""
    edges = [len(values) * number // count for number in range(count + 1)]
    means = [fmean(values[low:high]) for low, high in pairwise(edges)]
    least, spread = min(means), max(means) - min(means)
    return "".join(BAR[_level((mean - least) / spread if spread else 0.5)] for mean in means)


def _figure(value: float) -> str:
    """Short enough to compare; the tool call has it exactly."""
    return f"{value:,.0f}" if abs(value) >= WHOLE else f"{value:.6g}"


def _level(share: float) -> int:
    return min(int(share * len(BAR)), len(BAR) - 1)
