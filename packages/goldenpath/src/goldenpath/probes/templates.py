"""Log lines grouped by what they say: their templates, with counts, first and last time; pure.

A line is cut into words; what always varies (numbers, ids, addresses, quoted texts) is a `*` from the start. Lines of
the same level and number of words whose words mostly agree are one template; where they differ it has a `*`, too.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from goldenpath.facts import Record

Line = Mapping[str, JsonValue]
ANY = "*"
ALIKE = 0.6
"""Share of words that must agree; below it two lines say different things."""
LONGEST = 60
"""Words of a line that count."""
_WORDS = ("message", "event", "msg")
_CAUSES = ("error", "cause", "reason", "exception")
_VARYING = re.compile(
    r"""
    0x[0-9a-f]+ | [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22} | \b[0-9a-f]{12,}\b   # addresses in memory, UUIDs, hashes
    | \b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b                                    # IPv4 addresses
    | '[^']*' | "[^"]*"                                                       # what is quoted
    | \d+(?:[.:,]\d+)*                                                        # numbers, times, versions
    """,
    re.IGNORECASE | re.VERBOSE,
)
_STARS = re.compile(r"\*[*\w]*")


class Template(Record):
    """What lines of one kind say."""

    level: str
    text: str
    count: int = 0
    first: str = ""
    """When it was first written, as the lines say; empty when they do not."""
    last: str = ""
    sample: str = ""
    """One whole line."""


class Known(Record):
    """A template that was there before, as it is kept."""

    level: str
    text: str


class _Group:
    def __init__(self, level: str, words: Sequence[str], *, known: bool) -> None:
        self.level, self.words, self.known = level, list(words), known
        self.count, self.first, self.last, self.sample = 0, "", "", ""

    def likeness(self, words: Sequence[str]) -> float:
        """Share of words that agree; what varies counts half; what fits wholly is alike."""
        if all(a in (b, ANY) for a, b in zip(self.words, words, strict=True)):
            return max(ALIKE, self._share(words))
        return self._share(words)

    def _share(self, words: Sequence[str]) -> float:
        points = sum(1.0 if a == b != ANY else 0.5 * (ANY in (a, b)) for a, b in zip(self.words, words, strict=True))
        return points / max(1, len(words))

    def take(self, words: Sequence[str], at: str, sample: str) -> None:
        self.words = [a if a == b else ANY for a, b in zip(self.words, words, strict=True)]
        self.count += 1
        self.first, self.last = self.first or at, at or self.last
        self.sample = self.sample or sample

    def template(self) -> Template:
        return Template(
            level=self.level,
            text=" ".join(self.words),
            count=self.count,
            first=self.first,
            last=self.last,
            sample=self.sample,
        )


class Mined(Record):
    """The templates of some lines."""

    lines: int
    templates: tuple[Template, ...]
    """Every one that occurs, most frequent first."""
    new: tuple[Template, ...]
    """Those that no known one covers."""


def mine(lines: Iterable[Line], known: Iterable[Known] = ()) -> Mined:
    """Group lines in the order in which they were written; `known` templates take what fits them first."""
    groups: dict[tuple[str, int], list[_Group]] = {}
    for one in known:
        words = one.text.split()
        groups.setdefault((one.level, len(words)), []).append(_Group(one.level, words, known=True))
    count = 0
    for line in lines:
        count += 1
        level, words = str(line.get("level", "")).lower(), words_of(line)
        _group(groups.setdefault((level, len(words)), []), level, words).take(words, _at(line), raw(line))
    seen = [group for found in groups.values() for group in found if group.count]
    ordered = sorted(seen, key=lambda g: (-g.count, g.level, g.words))
    return Mined(
        lines=count,
        templates=tuple(g.template() for g in ordered),
        new=tuple(g.template() for g in ordered if not g.known),
    )


def _group(groups: list[_Group], level: str, words: Sequence[str]) -> _Group:
    """The group that the words are most like, a known one first; a new one when they are like none."""
    best = max(groups, key=lambda g: (g.likeness(words), g.known), default=None)
    if best is not None and best.likeness(words) >= ALIKE:
        return best
    made = _Group(level, words, known=False)
    groups.append(made)
    return made


def words_of(line: Line) -> list[str]:
    """The words of a line: what it says and why, what varies taken out."""
    said = [str(line[name]) for name in _WORDS if line.get(name)][:1]
    why = [str(line[name]) for name in _CAUSES if line.get(name)][:1]
    text = _STARS.sub(ANY, _VARYING.sub(ANY, ": ".join(said + why)))
    return text.split()[:LONGEST]


def raw(line: Line) -> str:
    """The line's fields in one text."""
    return ", ".join(f"{name}={value}" for name, value in line.items())


def _at(line: Line) -> str:
    try:
        return datetime.fromisoformat(str(line.get("at"))).isoformat()
    except ValueError:
        return ""
