"""Follow-up questions: what one does not say itself, such as “and last week?”, is what the one before said. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime

from netra.agents.builtin.intent import Intent, read
from netra.agents.builtin.names import MODEL_LIKE
from netra.agents.builtin.words import TOPIC_WORDS

RECALLED = 12
"""Questions back: whoever refers further back says what to."""
SHORT = 6
"""Words of a question that may be one without a topic."""
CHAIN = 4
"""Questions in which names are looked for."""
GOES_ON = re.compile(
    r"^\W{0,5}(?:and|or|also|but|so|then|ok(?:ay)?|now|same|again|instead|what about|how about)\b", re.IGNORECASE
)
NARROWS = re.compile(r"^\W{0,5}(?:only|just|for|in|on|with|by|per|since|without|compared?|versus|vs)\b", re.IGNORECASE)
"""How a short question without a topic may begin that goes on from another."""
REFERS = re.compile(
    r"\b(?:same|instead|its?|them|they|those|the former|the latter)\b"
    r"|\b(?:of|for|about|on|with|to|from|behind) (?:that|these)\b(?! \w)"
    r"|\bthat (?:model|workload|period|week|month|day)\b",
    re.IGNORECASE,
)
REPLACES = re.compile(r"\bsame (?:for|with|on)\b|\b(?:what|how) about\b|\binstead\b", re.IGNORECASE)
"""What is named after these stands in place of all that was named before."""


def understand(question: str, now: datetime, history: Sequence[str] = ()) -> Intent:
    """Read a question as the next one after those of the history, which is oldest first."""
    before: Intent | None = None
    for text in history[-RECALLED:]:
        earlier = followed(read(text, now), before)
        before = earlier if earlier.needs_data else before
    asked = followed(read(question, now), before)
    if not asked.topics and asked.budget_usd is None and _named(asked.question):
        return asked.model_copy(update={"topics": ("overview",)})
    return asked


def followed(asked: Intent, before: Intent | None) -> Intent:
    """The question with what it leaves open taken from the one before; unchanged when it stands alone."""
    if before is None or asked.budget_usd is not None or not goes_on(asked):
        return asked
    taken = {
        name: getattr(before, name)
        for name, missing in (
            ("topics", not asked.topics),
            ("when", not asked.when),
            ("group", asked.group is None),
        )
        if missing and getattr(before, name)
    }
    words = {
        "topics": f"the topic ({', '.join(TOPIC_WORDS.get(topic, topic) for topic in before.topics)})",
        "group": f"“by {before.group}”",
    }
    words["when"] = f"the period ({', '.join(f'“{when.label}”' for when in before.when)})"
    if not asked.topics:
        # The same question about something else: what it wanted, and how finely, holds too.
        taken |= {"wants_advice": before.wants_advice, "compares": asked.compares or before.compares}
        taken |= {} if asked.step != "auto" else {"step": before.step}
    if not _named(asked.question) and asked.standing is None:
        taken |= {"standing": before.standing}
    earlier = (before.question, *before.earlier)[:CHAIN]
    carried = tuple(words[name] for name in words if name in taken)
    return asked.model_copy(update={**taken, "earlier": earlier, "carried": carried})


def goes_on(asked: Intent) -> bool:
    """Whether a question leans on an earlier one."""
    if GOES_ON.search(asked.question) or REFERS.search(asked.question):
        return True
    names = bool(asked.when or asked.group or _named(asked.question) or NARROWS.search(asked.question))
    return names and not asked.topics and _short(asked.question)


def replaces(question: str) -> bool:
    """Whether names in it stand for all the names before."""
    return REPLACES.search(question) is not None


def _short(question: str) -> bool:
    return len(question.split()) <= SHORT


def _named(question: str) -> bool:
    return MODEL_LIKE.search(question) is not None
