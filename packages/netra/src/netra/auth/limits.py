"""How often somebody may try, register or ask."""

import hashlib
from typing import assert_never

from pydantic import BaseModel, ConfigDict

from netra.auth.principal import Plan, Principal
from netra.auth.windows import Windows
from netra.errors import RateLimitedError

LOGIN_WINDOW_S = 300.0
FAILURES_PER_ACCOUNT = 10
"""Failed log-ins of one account in a window: far below guessing, above a person's typing errors."""
FAILURES_PER_ADDRESS = 100
"""Of one address, behind which an office may sit."""
REGISTER_WINDOW_S = 60.0
REGISTRATIONS_PER_ADDRESS = 300
HOUR_S = 3600.0


class Allowance(BaseModel):
    """What a principal may still ask in the present hour."""

    model_config = ConfigDict(frozen=True)

    limit: int
    remaining: int
    resets_in_s: float


class MessagesExhaustedError(RateLimitedError):
    """The plan's messages of this hour are used up."""

    def __init__(self, allowance: Allowance) -> None:
        """Carry the allowance, so that every door can state it."""
        super().__init__(
            f"the plan allows {allowance.limit} messages an hour",
            retry_after=allowance.resets_in_s,
            where="plan",
            hint="wait until the window ends or change the plan",
        )
        self.allowance = allowance


class Limits:
    """Applies the limits; each refusal says when to try again."""

    def __init__(self, windows: Windows) -> None:
        """Count in these windows."""
        self._windows = windows

    async def try_login(self, email: str, address: str) -> None:
        """Count an attempt before its password is looked at; raises RateLimitedError over the limit."""
        account = await self._windows.add(_account(email), LOGIN_WINDOW_S)
        if account.count > FAILURES_PER_ACCOUNT:
            raise _wait("too many failed log-ins for this account", account.ends_in_s)
        origin = await self._windows.add(_address("login", address), LOGIN_WINDOW_S)
        if origin.count > FAILURES_PER_ADDRESS:
            raise _wait("too many failed log-ins from this address", origin.ends_in_s)

    async def login_succeeded(self, email: str, address: str) -> None:
        """Only failures count: take the attempt back."""
        await self._windows.clear(_account(email))
        await self._windows.take_back(_address("login", address))

    async def try_register(self, address: str) -> None:
        """Count a registration; raises RateLimitedError over the limit."""
        count = await self._windows.add(_address("register", address), REGISTER_WINDOW_S)
        if count.count > REGISTRATIONS_PER_ADDRESS:
            raise _wait("too many registrations from this address", count.ends_in_s)

    async def take_message(self, principal: Principal) -> Allowance:
        """Use one message of the principal's hour; raises MessagesExhaustedError when none is left."""
        limit = messages_per_hour(principal.plan)
        used = await self._windows.add(f"messages:{principal.user_id}", HOUR_S)
        allowance = Allowance(limit=limit, remaining=max(limit - used.count, 0), resets_in_s=used.ends_in_s)
        if used.count > limit:
            raise MessagesExhaustedError(allowance)
        return allowance

    async def give_back_message(self, principal: Principal) -> None:
        """A message that was refused does not count."""
        await self._windows.take_back(f"messages:{principal.user_id}")


def messages_per_hour(plan: Plan) -> int:
    """The plan's messages in an hour."""
    match plan:
        case "free":
            return 100
        case "pro":
            return 1000
        case "enterprise":
            return 10_000
        case _:
            assert_never(plan)


def _wait(message: str, seconds: float) -> RateLimitedError:
    return RateLimitedError(message, retry_after=seconds, where="login", hint="wait and try again")


def _account(email: str) -> str:
    return f"login:account:{hashlib.sha256(email.encode()).hexdigest()[:32]}"


def _address(what: str, address: str) -> str:
    return f"{what}:address:{address}"
