"""Migrations before they run: in order, never changed afterwards, and nothing taken away that a serving revision uses.

Pure over the texts of two revisions' migrations: expand first, contract when nobody uses the old form any more.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from goldenpath.facts import Finding, Observation, Record
from goldenpath.probes.record import Notes, Recorder

SUBJECT = "schema"
PROBE = "migration"
Texts = Mapping[str, str]
"""SQL by name of the migration."""
Rule = Literal["changed_afterwards", "removed", "out_of_order", "destructive"]
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'", re.DOTALL)
_DESTRUCTIVE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (words, re.compile(pattern, re.IGNORECASE))
    for words, pattern in (
        ("drops a table", r"^drop\s+(table|view|materialized\s+view|schema)\b"),
        ("drops a column", r"^alter\s+table\b.*\bdrop\s+(?!constraint\b|default\b|not\s+null\b)(column\b|[\w\"]+)"),
        ("renames what is in use", r"^alter\s+(table|view|type)\b.*\brename\b"),
        ("changes the type of a column", r"^alter\s+table\b.*\balter\s+(column\s+)?[\w\"]+\s+(set\s+data\s+)?type\b"),
        ("forbids null in a column that is in use", r"^alter\s+table\b.*\bset\s+not\s+null\b"),
        ("requires a new column without a default", r"^alter\s+table\b.*\badd\b(?!.*\bdefault\b).*\bnot\s+null\b"),
        ("empties a table", r"^truncate\b"),
        ("deletes every row", r"^delete\s+from\s+[\w.\"]+\s*$"),
    )
)


class Breach(Record):
    """One rule that one migration breaks."""

    name: str
    rule: Rule
    message: str
    statement: str = ""


def breaches(before: Texts, after: Texts) -> tuple[Breach, ...]:
    """What is wrong with going from the serving revision's migrations to these; `before` is empty when none serves."""
    if not before:
        return ()
    new = [name for name in sorted(after) if name not in before]
    return (*_drift(before, after), *_disorder(before, new), *(b for n in new for b in _destructive(n, after[n])))


def statements(sql: str) -> tuple[str, ...]:
    """The statements of a text, without comments and what is quoted, white space made single."""
    bare = _QUOTED.sub("''", _COMMENT.sub(" ", sql))
    return tuple(words for part in bare.split(";") if (words := " ".join(part.split())))


def check_migrations(
    recorder: Recorder, before: Texts, after: Texts, revision: str = ""
) -> tuple[tuple[Observation, ...], tuple[Finding, ...]]:
    """The breaches as observations, and a finding for each, or one that passes."""
    notes = Notes(recorder, PROBE, SUBJECT, revision)
    found = breaches(before, after)
    findings = tuple(_finding("fail", f"{b.name}: {b.message}", _noted(notes, b), b.rule) for b in found)
    if findings:
        return notes.taken, findings
    new: list[str] = sorted(set(after) - set(before)) if before else []
    seen = notes.note("migration.ok", [*new], f"{len(after)} migrations, {len(new)} of them new")
    return notes.taken, (_finding("pass", f"{len(after)} migrations in order, {len(new)} new", seen),)


def _noted(notes: Notes, breach: Breach) -> Observation:
    return notes.note("migration.breach", breach.model_dump(), f"{breach.name}: {breach.message} {breach.statement}")


def _finding(verdict: str, statement: str, seen: Observation, rule: str = "") -> Finding:
    """An older revision does not know newer migrations, and must be deployable all the same: that only is shown."""
    said = {"check": "migrations", "subject": SUBJECT, "verdict": verdict, "statement": statement}
    return Finding.model_validate(said | {"observations": (seen.id,), "required": rule != "removed"})


def _drift(before: Texts, after: Texts) -> Iterator[Breach]:
    for name, sql in sorted(before.items()):
        if name not in after:
            yield Breach(name=name, rule="removed", message="it is applied, and this revision does not have it")
        elif after[name] != sql:
            yield Breach(name=name, rule="changed_afterwards", message="it was changed after it had been applied")


def _disorder(before: Texts, new: list[str]) -> Iterator[Breach]:
    last = max(before)
    for name in new:
        if name < last:
            message = f"it comes before {last}, which is applied: a new environment would get another order"
            yield Breach(name=name, rule="out_of_order", message=message)


def _destructive(name: str, sql: str) -> Iterator[Breach]:
    for statement in statements(sql):
        words = next((words for words, pattern in _DESTRUCTIVE if pattern.search(statement)), "")
        if words:
            message = f"it {words} while another revision serves that may use it"
            yield Breach(name=name, rule="destructive", message=message, statement=statement[:200])
