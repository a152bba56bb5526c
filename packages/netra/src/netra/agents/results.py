"""What each agent hands over: the least that its result holds, whichever brain made it."""

from pydantic import BaseModel, ConfigDict, JsonValue

from netra.agents.flow import Judgement


class Result(BaseModel):
    """Of every agent; more is allowed, for those who watch."""

    model_config = ConfigDict(frozen=True, extra="allow")

    analyst: str
    """`builtin`, or the model that produced it."""


class Triaged(Result, Judgement):
    """How the question is read, and what decides the course."""

    model_config = ConfigDict(frozen=True, extra="allow")

    understood: str = ""


class Gathered(Result):
    """Which calls hold what was asked for."""

    calls: tuple[str, ...] = ()


class Needed(Result):
    """What the person can supply, so that the question can be answered."""

    needed: tuple[JsonValue, ...] = ()


class Optimized(Result):
    """Strategies with what each may save, and under which assumptions."""

    strategies: tuple[JsonValue, ...] = ()


class Planned(Result):
    """Steps to take, and which calls took effect."""

    steps: tuple[JsonValue, ...] = ()


class Reported(Result):
    """What stands beside the answer: every number with the call that produced it, and what can be drawn."""

    numbers: tuple[JsonValue, ...] = ()
    views: tuple[JsonValue, ...] = ()
