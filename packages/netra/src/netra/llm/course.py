"""What comes after a failed call: the same model again, the next one, or the end. Pure; clock and chance come in."""

from typing import Literal, NamedTuple

from netra.errors import LLMReason
from netra.settings.model import RetrySettings

FINAL: frozenset[LLMReason] = frozenset({"llm_content_filter"})
"""A refusal of the prompt itself: no other model is asked to be less strict."""
LEAST_S = 0.5
"""With less than this left, no further call is begun."""


class Failed(NamedTuple):
    """A call that failed."""

    reason: LLMReason
    transient: bool
    """May pass by itself."""
    retry_after: float | None
    """Seconds the provider asked to wait."""
    spoke: bool
    """Part of its answer was shown already: another answer could contradict it."""


class Standing(NamedTuple):
    """Where the request is."""

    tries: int
    """Of the present model, the failed one included."""
    more_models: bool
    """Whether another one could be asked."""
    seconds_left: float
    """Until the request's deadline."""
    chance: float
    """Evenly spread from 0 to 1."""


class Again(NamedTuple):
    """Ask the same model after a wait."""

    wait_s: float


Move = Again | Literal["next", "end"]


def after(failed: Failed, standing: Standing, settings: RetrySettings) -> Move:
    """The next move."""
    if failed.spoke or failed.reason in FINAL or standing.seconds_left < LEAST_S:
        return "end"
    other: Move = "next" if standing.more_models else "end"
    if not failed.transient or standing.tries >= settings.tries:
        return other
    if failed.reason == "llm_timeout" and standing.more_models:
        return other  # what is slow once costs its whole time again
    wait_s = _wait(failed, standing, settings)
    return other if wait_s is None else Again(wait_s)


def _wait(failed: Failed, standing: Standing, settings: RetrySettings) -> float | None:
    """How long to wait, as asked and never less; None when that is not worth it."""
    # From half to one and a half of the mean: requests that failed together do not return together.
    own_s = settings.base_s * 2 ** (standing.tries - 1) * (0.5 + standing.chance)
    wait_s = own_s if failed.retry_after is None else failed.retry_after + settings.base_s * standing.chance
    return None if wait_s > settings.most_s or wait_s > standing.seconds_left - LEAST_S else wait_s
