"""What an agent remembers of its thread: the newest turns word for word, as far as they fit, the older as a digest.

Pure: equal messages give equal memories, so whoever continues a run remembers what was remembered when it began.
"""

import itertools
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from netra.agents.facts import FIGURE
from netra.agents.steps import Utterance

BUDGET_TOKENS = 3000
"""Of the turns that are kept word for word."""
DIGEST_TOKENS = 600
CHARS_PER_TOKEN = 4
"""An estimate that holds for English within a fifth, which is near enough for a budget of our own."""
ASKED_CHARS = 160
ANSWERED_CHARS = 240
CUT = " …"


class Remembered(Utterance):
    """An earlier message, and which turn of the thread it belongs to."""

    turn: int


class Memory(BaseModel):
    """What there is to remember."""

    model_config = ConfigDict(frozen=True)

    history: tuple[Utterance, ...] = ()
    """Oldest first."""
    digest: str = ""
    """Of what came before."""
    folded: tuple[Remembered, ...] = ()
    """What went into the digest just now."""

    @property
    def through(self) -> int:
        """The last turn in the digest, of those that went into it just now; 0 when none did."""
        return max((message.turn for message in self.folded), default=0)


class Shortened(BaseModel):
    """A digest, and what made it: `builtin` or a model."""

    model_config = ConfigDict(frozen=True)

    text: str
    analyst: str


def tokens(text: str) -> int:
    """About how many a model counts."""
    return -(-len(text) // CHARS_PER_TOKEN)


def recall(messages: Sequence[Remembered], digest: str = "", *, budget: int = BUDGET_TOKENS) -> Memory:
    """Keep the newest turns that fit, whole turns only and the last one in any case; fold those before them."""
    turns = [tuple(turn) for _, turn in itertools.groupby(messages, key=lambda message: message.turn)]
    left, kept = budget, 0
    for turn in reversed(turns):
        left -= sum(tokens(message.content) for message in turn)
        if left < 0 and kept:
            break
        kept += 1
    cut = len(turns) - kept
    folded = tuple(message for turn in turns[:cut] for message in turn)
    history = tuple(
        Utterance(role=message.role, content=_clipped(message.content, budget * CHARS_PER_TOKEN // max(len(turn), 1)))
        for turn in turns[cut:]
        for message in turn
    )
    return Memory(history=history, digest=fold(digest, folded), folded=folded)


def fold(digest: str, messages: Sequence[Remembered]) -> str:
    """The digest with these messages in it, a line a turn; the oldest lines go when there are too many."""
    lines = digest.splitlines()
    for _, turn in itertools.groupby(messages, key=lambda message: message.turn):
        lines.append(_line(tuple(turn)))
    while len(lines) > 1 and tokens("\n".join(lines)) > DIGEST_TOKENS:
        lines.pop(0)
    return _clipped("\n".join(lines), DIGEST_TOKENS * CHARS_PER_TOKEN)


def faithful(summary: str, source: str) -> bool:
    """Whether a model's summary fits and has no figure that what it shortens does not have."""
    return 0 < tokens(summary) <= DIGEST_TOKENS and set(FIGURE.findall(summary)) <= set(FIGURE.findall(source))


def transcript(digest: str, messages: Sequence[Remembered]) -> str:
    """What a model is given to shorten."""
    said = (f"{message.role}: {message.content}" for message in messages)
    return "\n\n".join((digest, *said) if digest else said)


def _line(turn: Sequence[Remembered]) -> str:
    asked = " ".join(message.content for message in turn if message.role == "user")
    answered = next((message.content for message in turn if message.role == "assistant"), "")
    line = f"- Asked: {_clipped(_plain(asked), ASKED_CHARS)}"
    return f"{line} Answered: {_clipped(_plain(answered), ANSWERED_CHARS)}" if answered else line


def _plain(text: str) -> str:
    return " ".join(text.split())


def _clipped(text: str, chars: int) -> str:
    return text if len(text) <= chars else text[: chars - len(CUT)] + CUT
