"""One call of a language model, as metrics and spans tell it; attribute names are those of the GenAI conventions.

https://github.com/open-telemetry/semantic-conventions-genai, names of October 2026.
"""

import time
from typing import Self

from netra.telemetry import spans
from netra.telemetry.instruments import LLM_CALLS, LLM_COST, LLM_FIRST, LLM_SECONDS, LLM_TOKENS
from netra.telemetry.spans import Attributes, Span


class ModelCall:
    """From the request to the last piece of the answer; for a `with` block or for a generator, which has no one task.

    The outcome is `ok` after `answered`, the reason after `failed`, else `cancelled`: its caller left.
    """

    def __init__(self, provider: str, model: str, *, max_tokens: int = 0, attributes: Attributes = spans.NONE) -> None:
        """Begin; what else is known of the request goes into `attributes`."""
        self._labels = (provider, model)
        self._began = time.perf_counter()
        self._first = 0.0
        self._outcome = "cancelled"
        self._ended = False
        asked = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
            "gen_ai.request.stream": True,
            **attributes,
        }
        if max_tokens:
            asked["gen_ai.request.max_tokens"] = max_tokens
        self._span: Span = spans.span(f"chat {model}", asked, kind="client")

    def __enter__(self) -> Self:
        """It has begun already."""
        return self

    def __exit__(self, *failure: object) -> None:
        """End it."""
        self.end()

    def piece(self) -> None:
        """Something of the answer has come."""
        if not self._first:
            self._first = time.perf_counter() - self._began
            LLM_FIRST.observe(self._first, *self._labels)
            self._span.note({"gen_ai.response.time_to_first_chunk": self._first})

    def spent(self, *, input_tokens: int, output_tokens: int, cost_usd: float | None = None) -> None:
        """What it took, as the provider counted; a cost only where the price is known."""
        LLM_TOKENS.add(*self._labels, "input", by=input_tokens)
        LLM_TOKENS.add(*self._labels, "output", by=output_tokens)
        used: dict[str, int | float] = {
            "gen_ai.usage.input_tokens": input_tokens,
            "gen_ai.usage.output_tokens": output_tokens,
        }
        if cost_usd is not None:
            LLM_COST.add(*self._labels, by=cost_usd)
            used["netra.cost_usd"] = cost_usd
        self._span.note(used)

    def answered(self, *, model: str = "", finish_reason: str = "") -> None:
        """The answer is whole."""
        self._outcome = "ok"
        said: dict[str, str | tuple[str, ...]] = {}
        if model:
            said["gen_ai.response.model"] = model
        if finish_reason:
            said["gen_ai.response.finish_reasons"] = (finish_reason,)
        self._span.note(said)

    def messages(self, asked: str, answered: str) -> None:
        """What was said, as JSON; kept only where spans may hold content (see `spans.content`)."""
        if spans.content():
            self._span.note({"gen_ai.input.messages": asked, "gen_ai.output.messages": answered})

    def failed(self, reason: str) -> None:
        """It failed for this reason."""
        self._outcome = reason
        self._span.failed(reason)

    def end(self) -> None:
        """It is over; once is enough."""
        if self._ended:
            return
        self._ended = True
        LLM_CALLS.add(*self._labels, self._outcome)
        LLM_SECONDS.observe(time.perf_counter() - self._began, *self._labels)
        self._span.end()
