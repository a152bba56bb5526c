"""What the models of a process share, and the record of one call: its row, its breaker, its metrics and span."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from netra.llm import estimate
from netra.llm.breakers import Breakers
from netra.llm.cache import AnswerCache
from netra.llm.chat import Answer, Request
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

    def __init__(self, desk: Desk, caller: Caller, model: ModelSettings, *, trial: bool) -> None:
        """Nothing has begun; `trial` says that its breaker waits for this call."""
        self._desk = desk
        self._caller = caller
        self._model = model
        self._trial = trial
        self._id: UUID | None = None
        self._began = time.perf_counter()
        self._asked = self._heard = 0

    async def begin(self, tries: int, request: Request) -> None:
        """Write the row. Raises BudgetExceededError."""
        self._asked, max_tokens = estimate.of_request(request), request.max_tokens
        most = Ended(outcome="open", input_tokens=self._asked, output_tokens=max_tokens, estimated=True)
        try:
            self._id = await self._desk.ledger.begin(self._caller, self._model, tries, most)
        except BaseException:
            self._desk.breakers.given_up(self._model.provider.name, trial=self._trial)
            raise
        self._began = time.perf_counter()
        provider = self._model.provider
        known = {"gen_ai.provider.name": KNOWN_AS.get(provider.kind, provider.name)}
        self.told = telemetry.ModelCall(provider.name, self._model.name, max_tokens=max_tokens, attributes=known)

    def heard(self, text: str) -> None:
        """A piece of the answer has come."""
        self._heard += estimate.tokens_in(text)

    async def answered(self, answer: Answer) -> None:
        """The answer is whole."""
        self._desk.breakers.succeeded(self._model.provider.name)
        usage, response = answer.response.usage, answer.response
        # Some endpoints count nothing, and say so with zeros.
        counted = usage.input_tokens + usage.output_tokens > 0
        ended = Ended(
            outcome="ok",
            input_tokens=usage.input_tokens if counted else self._asked,
            output_tokens=usage.output_tokens if counted else estimate.of_response(response),
            ms=answer.ms,
            first_ms=answer.first_ms,
            estimated=not counted,
        )
        await self._end(ended)
        self.told.answered(model=response.model_name or "", finish_reason=response.finish_reason or "")

    async def failed(self, failed: Failed) -> None:
        """It failed."""
        self._desk.breakers.failed(self._model.provider.name, failed.reason, trial=self._trial)
        self.told.failed(failed.reason)
        await self._end(self._estimated(failed.reason))

    def leave(self) -> None:
        """Whoever asked goes away: if the call had not ended, it was cancelled."""
        self.told.end()
        if self._id is not None:
            self._desk.breakers.given_up(self._model.provider.name, trial=self._trial)
            self._desk.ledger.end_soon(self._id, self._caller, self._model, self._estimated("cancelled"))

    async def _end(self, ended: Ended) -> None:
        cost = await self._desk.ledger.end(self._id, self._caller, self._model, ended) if self._id else None
        self._id = None
        if ended.input_tokens is not None and ended.output_tokens is not None:
            self.told.spent(input_tokens=ended.input_tokens, output_tokens=ended.output_tokens, cost_usd=cost)

    def _estimated(self, outcome: str) -> Ended:
        """How a call ended that the provider did not count."""
        if not estimate.is_charged(outcome, self._heard):
            return Ended(outcome=outcome, ms=self._ms())
        return Ended(
            outcome=outcome, input_tokens=self._asked, output_tokens=self._heard, ms=self._ms(), estimated=True
        )

    def _ms(self) -> float:
        return round((time.perf_counter() - self._began) * 1000, 3)
