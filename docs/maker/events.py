"""`events.md`: what a run can say."""

from .markdown import code, page, table
from .source import NETRA, Described, read
from .words import Words, told

HEAD = ("key of `data`", "type", "default", "meaning")
INTRODUCTION = """\
# Events of a run

Every event is one JSON object. It is a row of the run's log before anyone sees it, and the same object at every door:
WebSocket, SSE and `GET /api/runs/{id}/events?stream=false`.

| key | type | meaning |
|---|---|---|
| `type` | one of the names below | what happened |
| `seq` | whole number | gapless from 1 within the run |
| `run_id`, `thread_id` | UUID | whose log this is |
| `agent` | text | who speaks; `run` for facts about the run itself |
| `at` | time, ISO 8601 | when the row was written |
| `data` | object | see the type |"""


def made() -> str:
    """The page."""
    source = read(NETRA / "events/union.py")
    words = Words(source.types, {})
    data = [described for described in source.classes if described.name.endswith("Data")]
    parts = [part for described in data for part in _section(described, words)]
    laws = read(NETRA / "events/laws.py").meaning.splitlines()[2:]
    return page([INTRODUCTION], ["## Laws"], laws, *parts)


def _section(described: Described, words: Words) -> tuple[list[str], ...]:
    name = described.name.removesuffix("Data")
    kind = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
    rows = [told(field, words) for field in described.fields]
    return [f"## {code(kind)}"], [described.meaning], table(HEAD, rows)
