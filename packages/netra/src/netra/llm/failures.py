"""What a model's failure is called, whichever library noticed it."""

from json import JSONDecodeError

from pydantic_ai import exceptions

from netra.errors import LLMError, LLMReason
from netra.llm.course import Failed

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
    (exceptions.ModelAPIError, "llm_malformed"),
)
"""Special before general: the first class that fits names the reason."""

SENTENCES: dict[LLMReason, tuple[str, str]] = {
    "llm_auth": ("the model's endpoint refused the key", "check {key}"),
    "llm_quota": ("the account at the model's endpoint has nothing left", "top it up or use another {key}"),
    "llm_rate_limited": ("the model's endpoint takes no more requests for now", "wait and ask again"),
    "llm_overloaded": ("the model's endpoint is overloaded or broken", "wait and ask again"),
    "llm_timeout": ("the model did not answer in time", "ask again, or check the endpoint's load"),
    "llm_unreachable": ("the model's endpoint cannot be reached", "check its address and that the endpoint runs"),
    "llm_not_found": ("the endpoint does not know the model", "check the model's name and the endpoint's address"),
    "llm_content_filter": ("the endpoint's content filter refused", "phrase the question differently"),
    "llm_malformed": ("the endpoint's answer or our request was not understood", "check that the model fits the task"),
}
TRANSIENT: frozenset[LLMReason] = frozenset({"llm_rate_limited", "llm_overloaded", "llm_timeout", "llm_unreachable"})
FAILURES = (exceptions.AgentRunError,)
"""All that a model request raises; `failed` names each."""


class CallError(Exception):
    """One call failed."""

    def __init__(self, failed: Failed) -> None:
        """Say how."""
        super().__init__(failed.reason)
        self.failed = failed


def failure(error: Exception, *, spoke: bool) -> Failed:
    """What the library's exception says."""
    fitting: list[LLMReason] = [reason for kind, reason in REASONS if isinstance(error, kind)]
    reason = fitting[0] if fitting else "llm_malformed"
    retry_after = error.retry_after if isinstance(error, exceptions.ModelAPIError) else None
    transient = reason in TRANSIENT or (reason == "llm_malformed" and _garbled(error))
    return Failed(reason, transient, retry_after, spoke)


def failed(reason: LLMReason, *, model: str, key: str = "LLM_API_KEY") -> LLMError:
    """The failure of that reason; the endpoint's own words may hold secrets and are left out."""
    sentence, hint = SENTENCES[reason]
    return LLMError(f"{sentence} (model {model})", reason=reason, where="llm", hint=hint.format(key=key))


def _garbled(error: Exception) -> bool:
    """Whether the answer was broken on its way, rather than the request refused."""
    refused = isinstance(error, exceptions.ModelRequestRejectedError)
    return not refused or isinstance(error.__cause__, JSONDecodeError)
