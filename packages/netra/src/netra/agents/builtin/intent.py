"""What a question asks for, as far as its words alone tell; names of workloads and models need the data."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from netra.agents.builtin.dates import find
from netra.agents.builtin.names import MODEL_LIKE
from netra.agents.builtin.periods import When
from netra.agents.builtin.standings import PLACES
from netra.agents.builtin.words import (
    ADVICE,
    COMPARE,
    EVERYTHING,
    FIELD,
    GROUPS,
    LEADING,
    MOVEMENT,
    PER_REQUEST,
    SET_BUDGET,
    SO_MUCH,
    STANDINGS,
    STEPS,
    TOPICS,
    Group,
    Standing,
    Step,
    Topic,
    budget_amount,
)

READ = 2000
"""Characters of a question that are read: what somebody asks is said by then, and the time to read it is bounded."""


class Intent(BaseModel):
    """A question, understood as far as words go."""

    model_config = ConfigDict(frozen=True)

    question: str
    """What of it was read."""
    cut: bool
    """There was more."""
    now: AwareDatetime
    topics: tuple[Topic, ...]
    group: Group | None
    step: Step
    when: tuple[When, ...]
    compares: bool
    wants_advice: bool
    """What to do about it, rather than how it is."""
    budget_usd: float | None
    """The monthly budget to set; None when none is to be set."""
    standing: Standing | None = None
    """Whom the question is about, where only the data settles who that is."""
    earlier: tuple[str, ...] = ()
    """Questions that this one goes on from, the newest first: what it does not name itself is looked for there."""
    carried: tuple[str, ...] = ()
    """What was taken from them, in words."""

    @property
    def needs_data(self) -> bool:
        """False: the question is outside of what the builtin analyst can answer from usage data."""
        return bool(self.topics)

    @property
    def texts(self) -> tuple[str, ...]:
        """The question, then those that it goes on from."""
        return (self.question, *self.earlier)


def read(question: str, now: datetime) -> Intent:
    """Read the question by itself; `now` is when it was asked."""
    cut, question = len(question) > READ, question[:READ]
    when = find(question)
    to_set = budget_amount(question) if SET_BUDGET.search(question) else None
    standing = None if to_set else _standing(question, named_period=bool(when))
    about = STANDINGS[standing].sub(" ", question) if standing else question
    topics: tuple[Topic, ...] = ()
    advice = bool(ADVICE.search(question))
    if not to_set:
        topics, advice = _asked(question, about, named_period=bool(when))
    group: Group | None = next((g for g, words in GROUPS.items() if words.search(about)), None)
    steps: list[Step] = [step for step, words in STEPS.items() if words.search(question)]
    return Intent(
        question=question,
        cut=cut,
        now=now,
        topics=topics,
        group=group,
        step=steps[0] if steps else "auto",
        when=when,
        compares=bool(COMPARE.search(question)),
        wants_advice=advice,
        budget_usd=to_set,
        standing=standing,
    )


def _asked(question: str, about: str, *, named_period: bool) -> tuple[tuple[Topic, ...], bool]:
    """The topics of what a question is about, and whether it asks what to do rather than how it is."""
    topics = _topics(about, named_period=named_period)
    advice = bool(ADVICE.search(question)) and not any(topic in LEADING for topic in topics)
    if advice and "latency" in topics and "cost" not in topics:
        # Nobody can estimate from usage data what makes it faster; what goes with it can be shown.
        return ("latency", "models", "correlation"), False
    if advice and not topics and FIELD.search(question):
        return ("cost",), True
    if not topics and COMPARE.search(question) and len(set(MODEL_LIKE.findall(question))) > 1:
        return ("models",), advice
    return topics, advice


def _standing(question: str, *, named_period: bool) -> Standing | None:
    """The one of whom something else is asked than who it is."""
    found: list[Standing] = [standing for standing, words in STANDINGS.items() if words.search(question)]
    if len(found) != 1:
        return None
    rest = _topics(STANDINGS[found[0]].sub(" ", question), named_period=named_period)
    return found[0] if {*rest} - {PLACES[found[0]].topic} else None


def _topics(question: str, *, named_period: bool) -> tuple[Topic, ...]:
    """The topics of the words; a “why” without anything about usage is a question about something else."""
    found: tuple[Topic, ...] = tuple(topic for topic, words in TOPICS.items() if words.search(question))
    if found == ("change",) and not named_period and not MOVEMENT.search(question):
        return ()
    if "what_if" in found and EVERYTHING.search(question):
        return ("models",)
    beside = _beside(found, question)
    left: tuple[Topic, ...] = tuple(topic for topic in found if topic not in beside)
    leading: list[Topic] = [topic for topic in LEADING if topic in left]
    return tuple(leading[:1]) if leading else left


def _beside(found: tuple[Topic, ...], question: str) -> set[Topic]:
    """Topics whose words stand in the question as part of another."""
    beside = set[Topic]()
    if "failure_cost" in found:
        beside |= {"cost", "errors", "requests"}
    if "cost" in found and PER_REQUEST.search(question):
        beside.add("requests")
    if "change" in found and SO_MUCH.search(question) and not MOVEMENT.search(question):
        beside.add("change")
    return beside
