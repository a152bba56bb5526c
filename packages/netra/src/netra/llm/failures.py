"""What a model's failure is called, whichever library noticed it."""

from pydantic_ai import exceptions

from netra.errors import LLMError, LLMReason

REASONS: tuple[tuple[type[Exception], LLMReason], ...] = (
    (exceptions.ModelAuthenticationError, "llm_auth"),
    (exceptions.ModelQuotaExceededError, "llm_quota"),
    (exceptions.ModelRateLimitError, "llm_rate_limited"),
    (exceptions.ModelNotFoundError, "llm_not_found"),
    (exceptions.ModelRequestTimeout, "llm_timeout"),
    (exceptions.ModelTimeoutError, "llm_timeout"),
    (exceptions.ModelConnectionError, "llm_unreachable"),
    (exceptions.ModelUnavailableError, "llm_overloaded"),
    (exceptions.ModelServerError, "llm_overloaded"),
    (exceptions.ContentFilterError, "llm_content_filter"),
    (exceptions.ModelRequestRejectedError, "llm_malformed"),
    (exceptions.UnexpectedModelBehavior, "llm_malformed"),
    (exceptions.ModelAPIError, "llm_unreachable"),
)
"""Special before general: the first class that fits names the reason."""

SENTENCES: dict[LLMReason, tuple[str, str]] = {
    "llm_auth": ("the model's endpoint refused the key", "check LLM_API_KEY"),
    "llm_quota": ("the account at the model's endpoint has nothing left", "top it up or use another LLM_API_KEY"),
    "llm_rate_limited": ("the model's endpoint takes no more requests for now", "wait and ask again"),
    "llm_overloaded": ("the model's endpoint is overloaded or broken", "wait and ask again"),
    "llm_timeout": ("the model did not answer in time", "ask again, or check the endpoint's load"),
    "llm_unreachable": ("the model's endpoint cannot be reached", "check LLM_BASE_URL and that the endpoint runs"),
    "llm_not_found": ("the endpoint does not know the model", "check LLM_MODEL and LLM_BASE_URL"),
    "llm_content_filter": ("the endpoint's content filter refused", "phrase the question differently"),
    "llm_malformed": ("the endpoint's answer or our request was not understood", "check that LLM_MODEL fits the task"),
}
RETRYABLE: frozenset[LLMReason] = frozenset({"llm_rate_limited", "llm_overloaded", "llm_timeout", "llm_unreachable"})
FAILURES = (exceptions.AgentRunError,)
"""All that a model request raises; `typed` turns each into an LLMError."""


def typed(error: Exception, *, model: str) -> LLMError:
    """The failure with its machine-readable reason; the endpoint's own words may hold secrets and are left out."""
    for kind, reason in REASONS:
        if isinstance(error, kind):
            return failed(reason, model=model)
    return failed("llm_malformed", model=model)


def failed(reason: LLMReason, *, model: str) -> LLMError:
    """The failure of that reason."""
    sentence, hint = SENTENCES[reason]
    return LLMError(f"{sentence} (model {model})", reason=reason, where="llm", hint=hint)
