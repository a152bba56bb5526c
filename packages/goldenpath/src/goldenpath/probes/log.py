"""What a component's own JSON log says of its start and of its errors; somebody's words, no measurement."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue

from goldenpath.facts import Observation
from goldenpath.probes.record import Notes, Recorder

Line = Mapping[str, JsonValue]
MOST_ERRORS = 10
"""Kinds of errors reported; the most frequent first."""
_BAD_LEVELS = frozenset({"error", "critical", "fatal"})
_WORDS = ("message", "event", "msg")
_CAUSES = ("cause", "error", "reason")
_FAILED = frozenset({"failed", "failure", "error"})
_VARYING = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{12,}\b|\d+(?:\.\d+)?", re.IGNORECASE)
_PLAIN_ERROR = re.compile(
    r"^(?:[\w.]*(?:Error|Exception|Exit)\b|[a-z_]+_(?:failed|invalid|missing): |(?:error|fatal)\b)", re.IGNORECASE
)
"""How a line begins that is no JSON and tells of a failure: the end of a traceback, a command's last word."""


def probe_startup(
    recorder: Recorder, component: str, lines: Sequence[Line], *, revision: str = ""
) -> tuple[Observation, ...]:
    """The phase in which the start failed, and the kinds of errors with their counts."""
    notes = Notes(recorder, "log", component, revision)
    failed = _failed_start(lines)
    if failed is not None:
        phase, cause, raw = failed
        notes.note("startup.failed", {"phase": phase, "cause": cause}, raw)
    for (text, count), example in _errors(lines):
        notes.note("log.errors", {"text": text, "count": count}, example)
    return notes.taken


def _failed_start(lines: Sequence[Line]) -> tuple[str, str, str] | None:
    """The last failed phase that no later success of the same phase follows."""
    failed: dict[str, tuple[str, str, str]] = {}
    for line in lines:
        phase = _text(line, ("phase",))
        if not phase:
            continue
        if _is_bad(line) or str(line.get("outcome", "")).lower() in _FAILED:
            failed[phase] = (phase, _text(line, _CAUSES) or _text(line, _WORDS), _raw(line))
        else:
            failed.pop(phase, None)
    return next(reversed(failed.values()), None)


def _errors(lines: Iterable[Line]) -> list[tuple[tuple[str, int], str]]:
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for line in lines:
        if not _is_bad(line):
            continue
        words, cause = _text(line, _WORDS), _text(line, _CAUSES)
        kind = _VARYING.sub("N", f"{words}: {cause}" if cause else words)
        counts[kind] += 1
        examples.setdefault(kind, _raw(line))
    return [((kind, count), examples[kind]) for kind, count in counts.most_common(MOST_ERRORS)]


def _is_bad(line: Line) -> bool:
    if str(line.get("level", "")).lower() in _BAD_LEVELS:
        return True
    return "level" not in line and bool(_PLAIN_ERROR.match(_text(line, _WORDS)))


def _text(line: Line, names: Iterable[str]) -> str:
    return next((str(line[name]) for name in names if line.get(name)), "")


def _raw(line: Line) -> str:
    return ", ".join(f"{key}={value}" for key, value in line.items())
