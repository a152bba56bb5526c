"""What the models of a process share, and the record of one call: its row, its breaker, its metrics and span."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from netra.llm.breakers import Breakers
from netra.llm.cache import AnswerCache
from netra.llm.chat import Answer
from netra.llm.course import Failed
from netra.llm.ledger import Caller, Ended, Ledger
from netra.settings.model import ModelSettings, ProviderKind, RetrySettings
from netra.telemetry import calls as telemetry

KNOWN_AS: Mapping[ProviderKind, str] = {"openai": "openai", "anthropic": "anthropic", "google": "gcp.gemini"}
"""Names of the GenAI conventions; an endpoint that is merely compatible has the name its operator gave it."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What all roles of a process share."""

    ledger: Ledger
    cache: AnswerCache
    breakers: Breakers
    retry: RetrySettings


class CallRow:
    """One call, from its begin to the one way it ended."""

    def __init__(self, desk: Desk, caller: Caller, model: ModelSettings) -> None:
        """Nothing has begun."""
        self._desk = desk
        self._caller = caller
        self._model = model
        self._id: UUID | None = None
        self._began = time.perf_counter()

    async def begin(self, tries: int, max_tokens: int) -> None:
        """Write the row. Raises BudgetExceededError."""
        try:
            self._id = await self._desk.ledger.begin(self._caller, self._model, tries)
        except BaseException:
            self._desk.breakers.given_up(self._model.provider.name)
            raise
        self._began = time.perf_counter()
        provider = self._model.provider
        known = {"gen_ai.provider.name": KNOWN_AS.get(provider.kind, provider.name)}
        self.told = telemetry.ModelCall(provider.name, self._model.name, max_tokens=max_tokens, attributes=known)

    async def answered(self, answer: Answer) -> None:
        """The answer is whole."""
        self._desk.breakers.succeeded(self._model.provider.name)
        usage, response = answer.response.usage, answer.response
        ended = Ended(
            outcome="ok",
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            ms=answer.ms,
            first_ms=answer.first_ms,
        )
        cost = await self._end(ended)
        self.told.spent(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, cost_usd=cost)
        self.told.answered(model=response.model_name or "", finish_reason=response.finish_reason or "")

    async def failed(self, failed: Failed) -> None:
        """It failed."""
        self._desk.breakers.failed(self._model.provider.name, failed.reason)
        self.told.failed(failed.reason)
        await self._end(Ended(outcome=failed.reason, ms=self._ms()))

    def leave(self) -> None:
        """Whoever asked goes away: if the call had not ended, it was cancelled."""
        self.told.end()
        if self._id is not None:
            self._desk.breakers.given_up(self._model.provider.name)
            ended = Ended(outcome="cancelled", ms=self._ms())
            self._desk.ledger.end_soon(self._id, self._caller, self._model, ended)

    async def _end(self, ended: Ended) -> float | None:
        cost = await self._desk.ledger.end(self._id, self._caller, self._model, ended) if self._id else None
        self._id = None
        return cost

    def _ms(self) -> float:
        return round((time.perf_counter() - self._began) * 1000, 3)
