"""The one root of netra's errors, and the one renderer.

NetraError
├── ConfigError            the environment breaks the contract        exit 2
├── StartupError           a named startup phase failed               exit 1
├── UnauthorizedError      401   who are you
├── ForbiddenError         403   you may not
├── NotFoundError          404   no such thing, or not yours
├── ConflictError          409   the state does not allow it
├── TooLargeError          413   over a stated limit
├── InvalidError           422   a field or line is wrong
├── RateLimitedError       429   wait; says how long
├── DependencyError        503   PostgreSQL, Valkey or ClickHouse did not serve
├── ToolError                    a tool could not give a result; shown to the agent
└── LLMError                     a model call failed; `reason` says how
"""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

LLMReason = Literal[
    "llm_auth",
    "llm_quota",
    "llm_rate_limited",
    "llm_overloaded",
    "llm_timeout",
    "llm_unreachable",
    "llm_not_found",
    "llm_content_filter",
    "llm_malformed",
]


class Allowance(BaseModel):
    """What one limit of a plan still allows: what every answer that counts against it, and every refusal, says."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Which limit, by its name in the plan."""
    limit: float
    remaining: float
    resets_in_s: float
    """Seconds until all of it is free again, at the latest."""


class NetraError(Exception):
    """An expected failure: what happened, where, and what to do about it.

    Its text reaches people and logs, so it never holds the value of a secret.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        """State what happened; `where` names the field, line or component; `hint` says what to do."""
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint


class ConfigError(NetraError):
    """The environment breaks the contract."""

    code = "config_invalid"
    exit_code = 2


class StartupError(NetraError):
    """A named startup phase failed or ran out of time."""

    code = "startup_failed"
    status = 503


class UnauthorizedError(NetraError):
    """The caller did not prove who it is."""

    code = "unauthorized"
    status = 401


class ForbiddenError(NetraError):
    """The caller is known and may not do this."""

    code = "forbidden"
    status = 403


class NotFoundError(NetraError):
    """The thing does not exist, or is not the caller's: both look alike."""

    code = "not_found"
    status = 404


class ConflictError(NetraError):
    """The present state does not allow the request."""

    code = "conflict"
    status = 409


class TooLargeError(NetraError):
    """The request is over a stated limit."""

    code = "too_large"
    status = 413


class UnsupportedMediaError(NetraError):
    """The body comes in a format or compression that is not read here."""

    code = "unsupported_media"
    status = 415


class InvalidError(NetraError):
    """A field, a line or a frame is wrong."""

    code = "invalid"
    status = 422


class RateLimitedError(NetraError):
    """Over a limit; `retry_after` is in seconds, `allowance` says which limit of the plan it is."""

    code = "rate_limited"
    status = 429

    def __init__(
        self, message: str, *, retry_after: float, where: str = "", hint: str = "", allowance: Allowance | None = None
    ) -> None:
        """State the limit and after how many seconds a retry may succeed."""
        super().__init__(message, where=where, hint=hint)
        self.retry_after = retry_after
        self.allowance = allowance


class DependencyError(NetraError):
    """A datastore did not serve; `where` is the component."""

    code = "dependency_unavailable"
    status = 503


class ToolError(NetraError):
    """A tool could not give a result; the message is safe for the agent and the person."""

    code = "tool_failed"


class LLMError(NetraError):
    """A model call failed; `reason` is the machine-readable kind."""

    code = "llm_failed"
    status = 502

    def __init__(self, message: str, *, reason: LLMReason, where: str = "", hint: str = "") -> None:
        """State the failure of the call and its machine-readable reason."""
        super().__init__(message, where=where, hint=hint)
        self.reason: LLMReason = reason


class ErrorBody(BaseModel):
    """What a client reads of an error, over HTTP and in an `error` frame."""

    model_config = ConfigDict(frozen=True)

    code: str
    message: str
    where: str = ""
    hint: str = ""
    retry_after: float | None = None
    limit: Allowance | None = None


def render(error: NetraError) -> ErrorBody:
    """The body a client reads of this error."""
    limited = error if isinstance(error, RateLimitedError) else None
    return ErrorBody(
        code=error.reason if isinstance(error, LLMError) else error.code,
        message=error.message,
        where=error.where,
        hint=error.hint,
        retry_after=limited.retry_after if limited else None,
        limit=limited.allowance if limited else None,
    )


def render_line(error: NetraError) -> str:
    """The one line a terminal prints of this error."""
    where = f"{error.where}: " if error.where else ""
    hint = f" - {error.hint}" if error.hint else ""
    return f"{error.code}: {where}{error.message}{hint}"
