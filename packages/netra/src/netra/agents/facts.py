"""Whether prose keeps to the facts: every number in it must be one that the report shows from a tool."""

import re
from collections.abc import Iterable

from netra.agents.builtin.analyst import Number

FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?")
SENTENCE = re.compile(r".+?(?:[.!?](?=\s)|\n|\Z)\s*", re.DOTALL)
WORDS = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|twenty|thirty|forty|fifty|sixty|seventy"
    r"|eighty|ninety|hundred|thousand|million|billion|half|twice|doubl\w+|tripl\w+)\b",
    re.IGNORECASE,
)
"""Numbers in words cannot be compared; a sentence with one is withheld too."""
PLACES = 3
"""Prose may round a figure to as few decimal places as it likes, and to at most so many."""


class Facts:
    """The figures and dates that prose about a report may use."""

    def __init__(self, numbers: Iterable[Number], report: str) -> None:
        """Take the figures from the report's numbers and the dates from its text."""
        self._dates = frozenset(DATE.findall(report))
        self._figures: set[float] = set()
        for number in numbers:
            self._figures.update(round(float(number.value), places) for places in range(PLACES + 1))
            self._figures |= _figures(number.text)

    def support(self, sentence: str) -> bool:
        """Whether every number in it, in digits or in words, is a fact."""
        undated = DATE.sub(lambda date: "" if date.group() in self._dates else date.group(), sentence)
        return not WORDS.search(sentence) and _figures(undated) <= self._figures


def sentences(text: str) -> list[str]:
    """The text's sentences with the space after them; joined they are the text. The last may be unfinished."""
    return SENTENCE.findall(text)


def finished(sentence: str) -> bool:
    """Whether a sentence came to its end."""
    return sentence.rstrip().endswith((".", "!", "?")) or sentence.endswith("\n")


def _figures(text: str) -> set[float]:
    return {float(match.replace(",", "")) for match in FIGURE.findall(text)}
