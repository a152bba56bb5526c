"""The breakers of a process, one a provider, with the clock they need."""

import logging
import time
from collections.abc import Mapping
from typing import NamedTuple

from netra.errors import LLMReason
from netra.llm.breaker import COUNTED, Breaker, State, admitted, failed, given_up, state, succeeded
from netra.settings.model import BreakerSettings
from netra.telemetry.instruments import LLM_BREAKER

LEVELS: Mapping[State, int] = {"closed": 0, "half_open": 1, "open": 2}
LOG = logging.getLogger(__name__)


class Admission(NamedTuple):
    """Whether a request may be made."""

    refused: LLMReason | None = None
    """How the provider failed last, when it may not."""
    trial: bool = False
    """The breaker is half open and waits for this one."""


class Breakers:
    """Keeps each provider's breaker."""

    def __init__(self, settings: BreakerSettings) -> None:
        """All are closed."""
        self._settings = settings
        self._held: dict[str, Breaker] = {}

    def admit(self, provider: str) -> Admission:
        """Let a request through, or say how the provider failed last."""
        held = self._of(provider)
        let = admitted(held, time.monotonic())
        if let is None:
            return Admission(refused=held.reason)
        self._move(provider, let)
        return Admission(trial=let.trying)

    def succeeded(self, provider: str) -> None:
        """It answered."""
        self._move(provider, succeeded(self._of(provider)))

    def failed(self, provider: str, reason: LLMReason, *, trial: bool = False) -> None:
        """A request failed; a failure that says nothing about the provider proves that it answers."""
        held = self._of(provider)
        if reason in COUNTED:
            self._move(provider, failed(held, reason, time.monotonic(), self._settings, trial=trial))
        else:
            self._move(provider, succeeded(held))

    def given_up(self, provider: str, *, trial: bool) -> None:
        """A request was cancelled."""
        self._held[provider] = given_up(self._of(provider), trial=trial)

    def _of(self, provider: str) -> Breaker:
        return self._held.get(provider, Breaker())

    def _move(self, provider: str, moved: Breaker) -> None:
        now = time.monotonic()
        before, after = state(self._of(provider), now), state(moved, now)
        if provider not in self._held:
            # Asked at each scrape, for a wait ends without anybody calling.
            LLM_BREAKER.follow(lambda: LEVELS[state(self._of(provider), time.monotonic())], provider)
        self._held[provider] = moved
        if before != after:
            LOG.warning("breaker of %s is %s", provider, after, extra={"provider": provider, "reason": moved.reason})
