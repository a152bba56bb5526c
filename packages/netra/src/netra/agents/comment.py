"""A model's comment on a report, as it streams in: only finished sentences that the facts support come through."""

from netra.agents.facts import Facts, finished, sentences


class Comment:
    """Takes pieces of text, gives sentences, counts what it withheld."""

    def __init__(self, facts: Facts) -> None:
        """Hold the comment to these facts."""
        self._facts = facts
        self._text = ""
        self.withheld = 0
        """Sentences with a number that no tool produced."""

    def take(self, piece: str) -> list[str]:
        """The sentences that this piece completed."""
        *complete, self._text = sentences(self._text + piece) or [""]
        return self._supported(complete)

    def end(self) -> list[str]:
        """The last sentence, if it was finished."""
        last, self._text = self._text, ""
        return self._supported([last])

    def _supported(self, complete: list[str]) -> list[str]:
        whole = [sentence for sentence in complete if finished(sentence)]
        good = [sentence for sentence in whole if self._facts.support(sentence)]
        self.withheld += len(whole) - len(good)
        return good
