"""`journal.md`: what the loop can say, and the records its events carry."""

import ast

from .markdown import code, page, table
from .source import GOLDENPATH, Described, Source, read
from .words import Words, told

HEAD = ("key", "type", "default", "meaning")
INTRODUCTION = """\
# Events of the loop

The journal of a loop is one JSON object a line in `.goldenpath/ENVIRONMENT/loops/LOOP/journal.jsonl`. Every object has
`type`, `seq` (gapless from 1), `at`, `cycle` and the keys below. It is written and synced before anyone is told;
terminal, worklog, JSON results and a resumed loop are folds of it. `goldenpath deploy` writes the same kind of journal
in `deploys/`."""


def made() -> str:
    """The page."""
    events, facts = read(GOLDENPATH / "events.py"), read(GOLDENPATH / "facts.py")
    records = _reached(facts, events)
    linked = {record.name: f"[{record.name}](#{record.name.lower()})" for record in records}
    words = Words({**facts.types, **events.types}, linked)
    told_events = [part for event in events.classes for part in _event(event, words)]
    told_records = [part for record in records for part in _record(record, words)]
    return page([INTRODUCTION], ["## Events"], *told_events, ["## Records"], *told_records)


def _event(event: Described, words: Words) -> tuple[list[str], ...]:
    kind = next(ast.literal_eval(field.default) for field in event.fields if field.name == "type" and field.default)
    rows = [told(field, words) for field in event.fields if field.name != "type"]
    return [f"### {code(kind)}"], [event.meaning], table(HEAD, rows)


def _record(record: Described, words: Words) -> tuple[list[str], ...]:
    rows = [told(field, words) for field in record.fields]
    return [f"### {record.name}"], [record.meaning], table(HEAD, rows)


def _reached(facts: Source, events: Source) -> list[Described]:
    """The records of `facts` that events hold, directly or within other records, in the order of the source."""
    wanted = {name for event in events.classes for name in _names(event)}
    while more := {n for r in facts.classes if r.name in wanted for n in _closed(_names(r), facts)} - wanted:
        wanted |= more
    return [record for record in facts.classes if record.name in wanted]


def _closed(names: set[str], facts: Source) -> set[str]:
    """The names, and those that their definitions use."""
    types = [facts.types[name] for name in names & facts.types.keys()]
    return names | {node.id for kind in types for node in ast.walk(kind) if isinstance(node, ast.Name)}


def _names(described: Described) -> set[str]:
    return {node.id for field in described.fields for node in ast.walk(field.kind) if isinstance(node, ast.Name)}
