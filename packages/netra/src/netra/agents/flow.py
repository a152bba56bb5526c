"""Who works on a run, and in which order: pure, from what triage found. Brains never choose their successor.

1. Triage is the first of every run and reporting the last, whatever happens between.
2. The order is always triage, data_helper, data, optimization, actions, reporting; a course leaves agents out.
3. Whoever advises has data: no optimization without data before it, and none from data that is not enough.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

FIRST = "triage"
LAST = "reporting"
ORDER = (FIRST, "data_helper", "data", "optimization", "actions", LAST)
ESSENTIAL = frozenset({FIRST, "data"})
"""Without them there is no answer: when one fails the run fails, once reporting has told what there is."""
ENOUGH_PCT = 80
"""From here on the data carries advice."""
SOME_PCT = 40
"""From here on the data carries figures, said to be incomplete; below it, only what is missing is said."""

Wants = Literal["nothing", "figures", "advice", "change"]
"""Nothing that usage data answers; figures of usage; what to do about it; that something be set or changed."""


class Judgement(BaseModel):
    """What of triage's result decides the course."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    wants: Wants = "figures"
    sufficiency_pct: float | None = Field(default=None, ge=0, le=100)
    """Share of what is asked about that the data holds; None when nothing could be judged, which shortens nothing."""


class Next(BaseModel):
    """Who takes the run, why, and who is meant to follow."""

    model_config = ConfigDict(frozen=True)

    to: str
    reason: str
    then: tuple[str, ...] = ()


def course(judgement: Judgement) -> tuple[str, ...]:
    """The agents after triage, in order."""
    pct = judgement.sufficiency_pct
    match judgement.wants:
        case "nothing":
            return (LAST,)
        case "change":
            return ("actions", LAST)
        case "figures" | "advice" if pct is not None and pct < SOME_PCT:
            return ("data_helper", LAST)
        case "figures" | "advice" if pct is not None and pct < ENOUGH_PCT:
            return ("data_helper", "data", LAST)
        case "figures":
            return ("data", LAST)
        case "advice":
            return ("data", "optimization", "actions", LAST)


def judged(results: Mapping[str, Mapping[str, JsonValue]]) -> Judgement:
    """What triage handed over; a result that says nothing of it shortens nothing."""
    try:
        return Judgement.model_validate(results.get(FIRST, {}))
    except ValidationError:
        return Judgement()


def following(agent: str, results: Mapping[str, Mapping[str, JsonValue]]) -> Next | None:
    """Who comes after an agent that is done; None after the last."""
    if agent == LAST:
        return None
    judgement = judged(results)
    rest = tuple(name for name in course(judgement) if ORDER.index(name) > _place(agent))
    return Next(to=rest[0], reason=_reason(rest[0], judgement), then=rest[1:])


def after_failure(agent: str) -> Next | None:
    """Who comes after an agent that failed: whoever says so. None after the last."""
    return None if agent == LAST else Next(to=LAST, reason=f"{agent} failed")


def _place(agent: str) -> int:
    return ORDER.index(agent) if agent in ORDER else 0


def _reason(to: str, judgement: Judgement) -> str:
    pct = judgement.sufficiency_pct
    share = "" if pct is None else f" ({pct:.0f} %)"
    match to:
        case "data_helper":
            return f"the data does not hold all that is asked about{share}"
        case "data":
            return f"usage data answers this{share}"
        case "optimization":
            return f"the data is enough for advice{share}"
        case "actions" if judgement.wants == "change":
            return "something is to be changed"
        case "actions":
            return "the strategies become steps"
        case _ if judgement.wants == "nothing":
            return "no usage data is needed"
        case _:
            return "what was found is to be told"
