"""The code that a revision carries: what differs from the last good one, and whether all of it compiles and imports."""

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from goldenpath.facts import Finding, Observation, Record
from goldenpath.probes.record import Notes, Recorder

SUBJECT = "code"
PROBE = "code"
MOST_FILES = 20
"""Files that one observation names."""
MOST_ERRORS = 10
FIELDS = ("module", "kind", "file", "line", "message")


class Version(Record):
    """The code of one revision, as far as a comparison needs it."""

    files: dict[str, str]
    """Checksum by path."""
    commit: str = ""


class Verified(Record):
    """What the manifest's `verify` command did."""

    exit_code: int
    stdout: str
    stderr: str
    folder: str
    """Of the artefact: taken out of what is shown."""


def note_changes(
    recorder: Recorder, before: Version | None, after: Version, revision: str = ""
) -> tuple[Observation, ...]:
    """Which files differ from the last good revision; nothing without one."""
    if before is None:
        return ()
    notes = Notes(recorder, PROBE, SUBJECT, revision)
    files = changed_files(before.files, after.files)
    if not files:
        notes.note("code.unchanged", value=True, text="the code of the last good revision")
        return notes.taken
    listed: list[JsonValue] = [{"file": name, "change": change} for name, change in files[:MOST_FILES]]
    commits: dict[str, JsonValue] = {"before": before.commit, "after": after.commit}
    words = ", ".join(f"{name} {change}" for name, change in files[:MOST_FILES])
    notes.note("code.changed", {"count": len(files), "files": listed, "commits": commits}, words)
    return notes.taken


def changed_files(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Each file that differs, and how: `added`, `removed` or `changed`."""
    names = sorted({*before, *after})
    return tuple((n, _word(n, before, after)) for n in names if before.get(n) != after.get(n))


def check_code(recorder: Recorder, done: Verified, revision: str = "") -> tuple[tuple[Observation, ...], Finding]:
    """Every module that does not compile or import, and one finding; not proven when the command said nothing."""
    notes = Notes(recorder, PROBE, SUBJECT, revision)
    said = list(_lines(done.stdout))
    for error in [line for line in said if "module" in line][:MOST_ERRORS]:
        value = {name: _shown(error.get(name, ""), done.folder) for name in FIELDS}
        notes.note("code.broken", value, f"{value['file']}:{value['line']}: {value['kind']}: {value['message']}")
    if done.exit_code and not notes.taken:
        last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), f"exit {done.exit_code}")
        value = {"module": "", "kind": "command", "file": "", "line": 0, "message": _shown(last.strip(), done.folder)}
        notes.note("code.broken", value, str(_shown(done.stderr[-2000:], done.folder)))
    if notes.taken:
        wrong = "; ".join(o.text or str(o.value) for o in notes.taken)
        return notes.taken, _finding("fail", f"the code does not compile and import: {wrong[:600]}", notes.taken)
    modules = next((line["modules"] for line in said if "modules" in line), None)
    notes.note("code.ok", {"modules": modules})
    words = f"all {modules} modules compile and import" if modules else "the code compiles and imports"
    return notes.taken, _finding("pass", words, notes.taken)


def _finding(verdict: str, statement: str, seen: tuple[Observation, ...]) -> Finding:
    ids = tuple(o.id for o in seen)
    return Finding.model_validate(
        {"check": "code", "subject": SUBJECT, "verdict": verdict, "statement": statement, "observations": ids}
    )


def _lines(text: str) -> Iterator[dict[str, JsonValue]]:
    for line in text.splitlines():
        try:
            found: JsonValue = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def _shown(value: JsonValue, folder: str) -> JsonValue:
    return value.replace(f"{folder}/", "") if isinstance(value, str) and folder else value


def _word(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    if name not in before:
        return "added"
    return "changed" if name in after else "removed"
