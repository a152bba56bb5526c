"""Changes of code as pieces: the lines that differ, the code with some of them, and a diff for people; pure.

A text is decoded so that any bytes survive it; a file that is not there has no text.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher, unified_diff
from itertools import groupby

from goldenpath.facts import Record

Texts = Mapping[str, str]
"""Text by path."""
NOWHERE = "/dev/null"
NO_END = "\\ No newline at end of file"


class Hunk(Record):
    """One piece of a change: lines of a file that go, and those that come in their place."""

    file: str
    begin: int
    end: int
    """Of the old lines, counted from 0, without the last."""
    lines: tuple[str, ...] = ()
    gone: bool = False
    """The file itself goes."""

    @property
    def label(self) -> str:
        """Where it is, as an editor counts lines."""
        return f"{self.file}:{self.begin + 1}"


def hunks(before: Texts, after: Texts) -> tuple[Hunk, ...]:
    """Every piece that leads from one to the other, in the order of the files; a new or absent file is one piece."""
    names = sorted({*before, *after})
    return tuple(hunk for name in names for hunk in _of_file(name, before.get(name), after.get(name)))


def with_hunks(before: Texts, chosen: Sequence[Hunk]) -> dict[str, str]:
    """The code with these pieces of the change, which come in the order of `hunks`."""
    texts = dict(before)
    for name, pieces in groupby(chosen, key=lambda hunk: hunk.file):
        lines = _lines(texts.pop(name, ""))
        listed = list(pieces)
        for hunk in reversed(listed):
            lines[hunk.begin : hunk.end] = hunk.lines
        if not listed[0].gone:
            texts[name] = "".join(lines)
    return texts


def unified(before: Texts, after: Texts) -> str:
    """The change as a unified diff, as `git apply` and `patch -p1` read it."""
    changed = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    return "".join(line for name in changed for line in _diff(name, before.get(name), after.get(name)))


def _of_file(name: str, before: str | None, after: str | None) -> Iterator[Hunk]:
    old = _lines(before or "")
    new = _lines(after or "")
    if before == after:
        return
    if before is None or after is None:
        yield Hunk(file=name, begin=0, end=len(old), lines=tuple(new), gone=after is None)
        return
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield Hunk(file=name, begin=i, end=j, lines=tuple(new[k:m]))


def _diff(name: str, before: str | None, after: str | None) -> Iterator[str]:
    old, new = _lines(before or ""), _lines(after or "")
    source, result = NOWHERE if before is None else f"a/{name}", NOWHERE if after is None else f"b/{name}"
    for line in unified_diff(old, new, source, result):
        yield line if line.endswith("\n") else f"{line}\n{NO_END}\n"


def _lines(text: str) -> list[str]:
    """Lines as a diff counts them: only a line feed ends one."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
