"""A circuit breaker for each provider, as a state that moves by pure functions.

closed -- `failures` failures in a row --> open -- after `open_s` --> half open: one request may try
half open -- it succeeds --> closed;  half open -- it fails --> open for twice as long, up to `longest_s`
"""

from dataclasses import dataclass, replace
from typing import Literal

from netra.errors import LLMReason
from netra.settings.model import BreakerSettings

State = Literal["closed", "open", "half_open"]
COUNTED: frozenset[LLMReason] = frozenset({"llm_overloaded", "llm_timeout", "llm_unreachable", "llm_rate_limited"})
"""Failures that the next request would meet too; a refused key is the account's matter, a filter the prompt's."""


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """What is known about one provider."""

    failures: int = 0
    """In a row."""
    until: float | None = None
    """Open until then; None while closed."""
    open_s: float = 0.0
    """How long it is open this time."""
    trying: bool = False
    """Half open, and the one request is under way."""
    reason: LLMReason = "llm_overloaded"
    """Of the last failure that counted."""


def state(breaker: Breaker, now: float) -> State:
    """What holds now, in seconds of any steady clock."""
    if breaker.until is None:
        return "closed"
    return "open" if now < breaker.until else "half_open"


def admitted(breaker: Breaker, now: float) -> Breaker | None:
    """The breaker once a request is let through; None when none may be."""
    match state(breaker, now):
        case "closed":
            return breaker
        case "half_open":
            return None if breaker.trying else replace(breaker, trying=True)
        case "open":
            return None


def succeeded(breaker: Breaker) -> Breaker:
    """The provider answered, be it with a refusal that does not count."""
    del breaker
    return Breaker()


def failed(
    breaker: Breaker, reason: LLMReason, now: float, settings: BreakerSettings, *, trial: bool = False
) -> Breaker:
    """A request failed in a way that counts; `trial` when it is the one that was let through."""
    if breaker.until is not None and not trial:
        return breaker  # began before it opened, and says nothing new
    failures = breaker.failures + 1
    if not trial and failures < settings.failures:
        return replace(breaker, failures=failures, reason=reason)
    open_s = min(breaker.open_s * 2 or settings.open_s, max(settings.longest_s, settings.open_s))
    return Breaker(failures=failures, until=now + open_s, open_s=open_s, reason=reason)


def given_up(breaker: Breaker, *, trial: bool) -> Breaker:
    """A request was cancelled before it said anything about the provider; if it was the trial, another may try."""
    return replace(breaker, trying=False) if trial else breaker
