"""What a component's log says that it did not say while all was well, and from when on its work took longer."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import JsonValue

from goldenpath.facts import Observation
from goldenpath.probes.record import Notes, Recorder
from goldenpath.probes.statistics import change_point
from goldenpath.probes.templates import Known, Line, mine, words_of

MOST = 8
"""New templates that are noted, the worst levels first and the most frequent of each."""
_LEVELS = ("critical", "fatal", "error", "warning", "warn", "", "info", "debug")
_DURATIONS = ("ms", "duration_ms", "elapsed_ms", "took_ms", "seconds", "duration")
_SLOWER = 2.0
"""Times as long: less is not what anybody complains of."""


def probe_news(
    recorder: Recorder, component: str, lines: Sequence[Line], known: Iterable[Known] | None, *, revision: str = ""
) -> tuple[Observation, ...]:
    """New templates against the `known` ones (None: nobody kept any), and each change of durations."""
    notes = Notes(recorder, "log", component, revision)
    if known is not None:
        _note_templates(notes, lines, known)
    for value in _slower(lines):
        notes.note("log.slower", value, "by the durations that its own lines state")
    return notes.taken


def keep(lines: Iterable[Line]) -> list[Known]:
    """The templates of lines written while all was well, to be compared with later."""
    return [Known(level=t.level, text=t.text) for t in mine(lines).templates]


def _note_templates(notes: Notes, lines: Sequence[Line], known: Iterable[Known]) -> None:
    mined = mine(lines, known)
    ordered = sorted(mined.new, key=lambda t: (_rank(t.level), -t.count, t.text))
    for template in ordered[:MOST]:
        value: JsonValue = {
            "level": template.level,
            "text": template.text,
            "count": template.count,
            "first": template.first,
            "last": template.last,
        }
        notes.note("log.new", value, template.sample)
    counts: JsonValue = {"lines": mined.lines, "kinds": len(mined.templates), "new": len(mined.new)}
    notes.note("log.kinds", counts, "against the lines of the last good revision")


def _rank(level: str) -> int:
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)


def _slower(lines: Sequence[Line]) -> list[JsonValue]:
    series: dict[tuple[str, str], list[tuple[datetime, float]]] = {}
    for line in lines:
        if (found := _duration(line)) is not None:
            name, at, took = found
            series.setdefault((" ".join(words_of(line)), name), []).append((at, took))
    noted: list[JsonValue] = []
    for (text, name), values in sorted(series.items()):
        values.sort()
        change = change_point([took for _, took in values])
        if change is not None and change.after >= _SLOWER * change.before:
            noted.append(
                {
                    "text": text,
                    "field": name,
                    "before": change.before,
                    "after": change.after,
                    "since": values[change.index][0].isoformat(),
                    "effect": round(change.difference.effect, 3),
                    "p": change.difference.p,
                    "measurements": [change.difference.before, change.difference.after],
                }
            )
    return noted[:MOST]


def _duration(line: Line) -> tuple[str, datetime, float] | None:
    """Which field of the line is a duration, when it was written, and how long; None when it states none."""
    for name in _DURATIONS:
        took = line.get(name)
        if isinstance(took, int | float) and not isinstance(took, bool):
            try:
                return name, datetime.fromisoformat(str(line.get("at"))), float(took)
            except ValueError:
                return None
    return None
