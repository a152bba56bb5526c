"""`manifest.md`: every key of goldenpath.toml."""

import ast

from .markdown import code, page, table
from .source import GOLDENPATH, Described, read
from .words import Words, bounds, told

HEADINGS = {
    "SystemInfo": "[system]",
    "Contract": "[contract]",
    "Component": "[components.NAME]",
    "Address": "[components.NAME.address]",
    "Edge": "[[edges]]",
    "Doors": "[doors]",
    "Journey": "[journeys.NAME]",
    "Login": "[journeys.NAME.login]",
    "Conversation": "[journeys.NAME.conversation]",
    "Request": "[[journeys.NAME.requests]]",
    "ProofSources": "[proof]",
    "RowsProof": "[proof.rows]",
    "LogProof": "[proof.log]",
    "Invariant": "[[invariants]]",
    "Suite": "[suites.NAME]",
    "EnvironmentSpec": "[environments.NAME]",
    "CodeSpec": "[code]",
    "WatchSpec": "[watch]",
    "NetworkSpec": "[network]",
    "Share": "[[budgets]]",
    "Access": "[access]",
    "ArtefactSpec": "[artefact]",
    "Drilling": "[drills]",
    "Limits": "[limits]",
    "Permissions": "[remediation]",
    "Repair": "[repairs.NAME]",
}
"""Where each record stands in the file."""
PARTS = ("code", "journeys", "names", "network", "proofs", "repairs", "watch")
INTRODUCTION = """\
# Keys of goldenpath.toml

An unknown key, a wrong type or a name that no component has is an error with its line; all are listed at once. A key
without a default is required.

- A name is text {name}.
- A command is a list of words, of which the first is the program. Placeholders in it are filled in: `{{state}}`,
  `{{revision}}`, `{{environment}}`, `{{port:COMPONENT}}`."""


def made() -> str:
    """The page."""
    source = read(GOLDENPATH / "manifest/model.py")
    others = [read(GOLDENPATH / f"manifest/{name}.py") for name in PARTS]
    types = {n: t for each in (read(GOLDENPATH / "facts.py"), source, *others) for n, t in each.types.items()}
    source = source._replace(classes=(*source.classes, *(c for other in others for c in other.classes)))
    linked = {record: f"[{code(heading)}](#{_anchor(heading)})" for record, heading in HEADINGS.items()}
    words = Words(types, {**linked, "Name": "name", "Command": "command"})
    parts = [part for record in HEADINGS for part in _section(source.named(record), words)]
    return page([INTRODUCTION.format(name=_pattern(types["Name"]))], *parts)


def _section(record: Described, words: Words) -> tuple[list[str], ...]:
    heading = HEADINGS[record.name]
    meaning = record.meaning.replace(code(heading), "").lstrip(":. ")
    rows = [told(field, words) for field in record.fields]
    head = ("key", "type", "default", "meaning")
    return [f"## {code(heading)}"], [meaning[:1].upper() + meaning[1:]], table(head, rows)


def _anchor(heading: str) -> str:
    """How a Markdown renderer names the heading in a link."""
    return "".join(letter for letter in heading.lower() if letter.isalnum() or letter == "-")


def _pattern(name: ast.expr) -> str:
    """The pattern that a name must match."""
    return "".join(text for node in ast.walk(name) if isinstance(node, ast.Call) for text in bounds(node))
