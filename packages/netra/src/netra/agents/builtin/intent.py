"""What a question asks for, as far as its words alone tell; names of workloads and models need the data."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from netra.agents.builtin.dates import find
from netra.agents.builtin.periods import When
from netra.agents.builtin.words import ADVICE, COMPARE, GROUPS, MOVEMENT, STEPS, TOPICS, Group, Step, Topic

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
    needs_data: bool
    """False: the question is outside of what the builtin analyst can answer."""


def understand(question: str, now: datetime) -> Intent:
    """Read the question; `now` is when it was asked."""
    cut, question = len(question) > READ, question[:READ]
    when = find(question)
    topics = _topics(question, named_period=bool(when))
    group: Group | None = next((g for g, words in GROUPS.items() if words.search(question)), None)
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
        wants_advice=bool(ADVICE.search(question)),
        needs_data=bool(topics),
    )


def _topics(question: str, *, named_period: bool) -> tuple[Topic, ...]:
    """The topics of the words; a “why” without anything about usage is a question about something else."""
    found: tuple[Topic, ...] = tuple(topic for topic, words in TOPICS.items() if words.search(question))
    if found == ("change",) and not named_period and not MOVEMENT.search(question):
        return ()
    return found
