"""Crashes that a component's log tells of: tracebacks in plain lines or in a field, and where they began."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from goldenpath.facts import Observation, Record
from goldenpath.probes.record import Notes, Recorder

Line = Mapping[str, JsonValue]
MOST = 5
"""Kinds of crash reported; the newest last."""
_BEGIN = "Traceback (most recent call last)"
_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)')
_LAST = re.compile(r"^(?P<kind>[A-Za-z_][\w.]*)(?::\s*(?P<message>.*))?$")
_FIELDS = ("exception", "traceback", "exc_info", "stack")
_WORDS = ("message", "event", "msg")
_WARNINGS = frozenset({"warning", "warn"})


class Crash(Record):
    """One traceback: its exception, and the innermost line of the application's own code."""

    kind: str
    message: str
    file: str = ""
    line: int = 0


def probe_crashes(
    recorder: Recorder, component: str, lines: Sequence[Line], folder: str, *, revision: str = ""
) -> tuple[Observation, ...]:
    """Each kind of crash once, with how often it was seen; `folder` is where the revision's own code is."""
    notes = Notes(recorder, "log", component, revision)
    counts: dict[Crash, int] = {}
    for crash in crashes(lines, folder):
        counts[crash] = counts.pop(crash, 0) + 1
    for crash, count in list(counts.items())[-MOST:]:
        where = f" at {crash.file}:{crash.line}" if crash.file else ""
        said = f"{crash.kind}: {crash.message}{where}"
        notes.note("log.crash", {**crash.model_dump(), "count": count}, said)
    for (where, error), count in _failures(lines).most_common(MOST):
        notes.note("log.failure", {"where": where, "error": error[:400], "count": count}, error)
    return notes.taken


def _failures(lines: Sequence[Line]) -> Counter[tuple[str, str]]:
    """What warnings say failed and was survived: a dependency's own words, at whatever place."""
    warned = [line for line in lines if str(line.get("level", "")).lower() in _WARNINGS]
    return Counter((str(line.get("where", "")), str(line["error"])) for line in warned if line.get("error"))


def crashes(lines: Sequence[Line], folder: str) -> Iterator[Crash]:
    """Every traceback in these lines, in order."""
    plain: list[str] = []
    for line in lines:
        field = next((str(line[name]) for name in _FIELDS if _BEGIN in str(line.get(name, ""))), "")
        if field:
            yield from _parsed(field.splitlines(), folder)
        plain.append(next((str(line[name]) for name in _WORDS if line.get(name)), ""))
    yield from _parsed(plain, folder)


def _parsed(lines: Sequence[str], folder: str) -> Iterator[Crash]:
    """A traceback begins with its headline and ends at its first line that is neither a frame nor indented."""
    frames: list[tuple[str, int]] | None = None
    for text in lines:
        if text.startswith(_BEGIN):
            frames = []
        elif frames is not None and (found := _FRAME.match(text)):
            frames.append((found["file"], int(found["line"])))
        elif frames is not None and text and not text.startswith((" ", "\t")):
            if last := _LAST.match(text):
                yield _crash(last, frames, folder)
            frames = None


def _crash(last: re.Match[str], frames: list[tuple[str, int]], folder: str) -> Crash:
    own = [(file, line) for file, line in frames if folder and file.startswith(folder)]
    file, line = (own or [("", 0)])[-1]
    message = (last["message"] or "")[:300]
    return Crash(kind=last["kind"], message=message, file=file.removeprefix(folder).lstrip("/"), line=line)
