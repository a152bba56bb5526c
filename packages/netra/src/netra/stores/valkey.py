"""Valkey or Redis through redis-py: a client whose failures name their phase."""

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from netra.settings.model import RedisSettings
from netra.settings.timeouts import Timeouts
from netra.stores.failures import Phase, StoreError, described

COMPONENT = "valkey"
FAILURES = (exceptions.RedisError, OSError, RuntimeError)
"""All that a command can raise; uvloop says with a bare RuntimeError that a connection was lost at this very moment."""
DEFAULT_TIMEOUTS = Timeouts()


def open_client(
    settings: RedisSettings, *, timeouts: Timeouts = DEFAULT_TIMEOUTS, max_connections: int = 1000
) -> Redis:
    """A client that connects at its first command; `max_connections` also bounds its subscriptions."""
    return Redis(
        host=settings.host,
        port=settings.port,
        password=settings.password.get_secret_value(),
        socket_connect_timeout=timeouts.connect_s,
        socket_timeout=timeouts.query_s,
        # One try a call: who calls knows its own deadline and fallback.
        retry=Retry(NoBackoff(), 0),
        max_connections=max_connections,
        client_name="netra",
    )


def phase_of(error: BaseException) -> Phase:
    """How far the caller got."""
    if isinstance(error, exceptions.AuthenticationError):
        return "auth"
    if isinstance(error, exceptions.ConnectionError) and _unresolved(error):
        return "dns"
    return "connect" if isinstance(error, (exceptions.ConnectionError, exceptions.TimeoutError, OSError)) else "query"


def explain(error: BaseException, settings: RedisSettings | None = None) -> StoreError:
    """The typed failure for what redis-py raised."""
    target = f"{settings.host}:{settings.port}: " if settings else ""
    phase = phase_of(error)
    hints: dict[Phase, str] = {
        "dns": "check REDIS_HOST and the resolver",
        "connect": "check that Valkey runs there and may be reached",
        "auth": "check REDIS_PASSWORD",
    }
    return StoreError(target + described(error), component=COMPONENT, phase=phase, hint=hints.get(phase, ""))


def _unresolved(error: BaseException) -> bool:
    text = str(error)
    return "Name or service not known" in text or "name resolution" in text or "No address associated" in text
