"""How often somebody may try, register, ask and connect."""

import hashlib
import ipaddress
from typing import NamedTuple

from netra.auth.plans import PLANS, PlanLimits
from netra.auth.principal import Principal
from netra.errors import Allowance, RateLimitedError
from netra.stores.open_sockets import LASTS_S, OpenSockets
from netra.stores.windows import Count, Windows

LOGIN_WINDOW_S = 300.0
FAILURES_PER_ACCOUNT = 10
"""Failed log-ins of one account in a window: far below guessing, above a person's typing errors."""
FAILURES_PER_ADDRESS = 100
"""Of one address, behind which an office may sit."""
REGISTER_WINDOW_S = 60.0
REGISTRATIONS_PER_ADDRESS = 300
HOUR_S = 3600.0
HOST_BITS = 64
"""Of an IPv6 address; whoever has a network may take any of its addresses at will."""
SOON_S = 1.0
"""When to try again after a refusal that any socket's or run's end lifts."""


class PlanLimitError(RateLimitedError):
    """A limit of the plan is reached."""

    def __init__(self, allowance: Allowance, *, retry_after: float | None = None) -> None:
        """Say which; without `retry_after` waiting helps only when the limit resets."""
        super().__init__(
            f"the plan allows {allowance.limit:g} {MEANING[allowance.name]}",
            retry_after=allowance.resets_in_s if retry_after is None else retry_after,
            where="plan",
            hint="wait until it resets or change the plan; GET /api/limits says what is left",
            allowance=allowance,
        )


MEANING = {
    "messages_per_hour": "messages an hour",
    "sockets": "open sockets",
    "open_runs": "runs that have not ended",
    "tokens_per_day": "tokens a day",
    "cost_usd_per_day": "US dollars a day for models",
}


class Attempts(NamedTuple):
    """A window of attempts: the limit's name, what is tried, how often, in how many seconds."""

    name: str
    what: str
    most: int
    window_s: float


ACCOUNT = Attempts("failed_logins_of_account", "failed log-ins for this account", FAILURES_PER_ACCOUNT, LOGIN_WINDOW_S)
ADDRESS = Attempts("failed_logins_of_address", "failed log-ins from this address", FAILURES_PER_ADDRESS, LOGIN_WINDOW_S)
REGISTER = Attempts(
    "registrations_of_address", "registrations from this address", REGISTRATIONS_PER_ADDRESS, REGISTER_WINDOW_S
)


class Limits:
    """Applies the limits; each refusal says what the limit is and when to try again."""

    def __init__(self, windows: Windows, sockets: OpenSockets) -> None:
        """Count in these windows and among these sockets."""
        self._windows = windows
        self._sockets = sockets

    async def try_login(self, email: str, address: str) -> None:
        """Count an attempt before its password is looked at; raises RateLimitedError over the limit."""
        await self._try(ACCOUNT, _account(email))
        await self._try(ADDRESS, _address("login", address))

    async def login_succeeded(self, email: str, address: str) -> None:
        """Only failures count: take the attempt back."""
        await self._windows.clear(_account(email))
        await self._windows.take_back(_address("login", address))

    async def take_back_login(self, email: str, address: str) -> None:
        """An attempt that nobody could judge, as while PostgreSQL is away, does not count."""
        await self._windows.take_back(_account(email))
        await self._windows.take_back(_address("login", address))

    async def try_register(self, address: str) -> None:
        """Count a registration; raises RateLimitedError over the limit."""
        await self._try(REGISTER, _address("register", address))

    async def take_message(self, principal: Principal) -> Allowance:
        """Use one message of the principal's hour; raises PlanLimitError when none is left."""
        limit = plan_of(principal).messages_per_hour
        used = await self._windows.add(_messages(principal), HOUR_S)
        allowance = _left("messages_per_hour", limit, used)
        if used.count > limit:
            raise PlanLimitError(allowance)
        return allowance

    async def give_back_message(self, principal: Principal) -> None:
        """A message that was refused does not count."""
        await self._windows.take_back(_messages(principal))

    async def messages(self, principal: Principal) -> Allowance:
        """What is left of the hour."""
        used = await self._windows.read(_messages(principal), HOUR_S)
        return _left("messages_per_hour", plan_of(principal).messages_per_hour, used)

    async def take_socket(self, principal: Principal) -> None:
        """Count one more open socket; raises PlanLimitError over the limit."""
        limit = plan_of(principal).sockets
        if await self._sockets.take(principal.user_id, limit) is None:
            raise PlanLimitError(_sockets_left(limit, limit), retry_after=SOON_S)

    async def release_socket(self, principal: Principal) -> None:
        """Count one less."""
        await self._sockets.release(principal.user_id)

    async def sockets(self, principal: Principal) -> Allowance:
        """How many more may be open."""
        return _sockets_left(plan_of(principal).sockets, await self._sockets.open_for(principal.user_id))

    async def _try(self, attempts: Attempts, key: str) -> None:
        count = await self._windows.add(key, attempts.window_s)
        if count.count > attempts.most:
            raise RateLimitedError(
                f"too many {attempts.what}",
                retry_after=count.ends_in_s,
                where="login",
                hint="wait and try again",
                allowance=_left(attempts.name, attempts.most, count),
            )


def plan_of(principal: Principal) -> PlanLimits:
    """What the principal's plan allows."""
    return PLANS[principal.plan]


def _left(name: str, limit: int, used: Count) -> Allowance:
    return Allowance(name=name, limit=limit, remaining=max(limit - used.count, 0), resets_in_s=used.ends_in_s)


def _sockets_left(limit: int, held: int) -> Allowance:
    # Sockets of a process that was killed are counted until this has passed; a closed one is free at once.
    return Allowance(name="sockets", limit=limit, remaining=max(limit - held, 0), resets_in_s=LASTS_S if held else 0)


def _messages(principal: Principal) -> str:
    return f"messages:{principal.user_id}"


def _account(email: str) -> str:
    return f"login:account:{hashlib.sha256(email.encode()).hexdigest()[:32]}"


def _address(what: str, address: str) -> str:
    return f"{what}:address:{_household(address)}"


def _household(address: str) -> str:
    """What one household or office has: an IPv4 address, or all 2^64 addresses of an IPv6 network (RFC 6177)."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(known) >> HOST_BITS << HOST_BITS, HOST_BITS)))
