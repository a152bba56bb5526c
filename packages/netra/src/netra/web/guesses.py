"""Where a password is tried: attempts are counted, and what is refused is noted."""

from netra.auth.accounts import Proof, WrongPasswordError
from netra.auth.audit import Entry, Origin
from netra.auth.principal import Claims
from netra.errors import ForbiddenError, RateLimitedError
from netra.web.services import Services


class Guess:
    """Counts a password that is tried, and notes one that is wrong; what fails otherwise is no attempt."""

    def __init__(self, here: Services, origin: Origin, email: str) -> None:
        """Of this account, from there."""
        self._here, self._origin, self._email = here, origin, email

    async def __aenter__(self) -> None:
        """Count it; raises RateLimitedError over the limit."""
        try:
            await self._here.limits.try_login(self._email, self._origin.address)
        except RateLimitedError as error:
            self._here.identity.audit.refused(Entry(type="throttled", origin=self._origin, detail=error.message))
            raise

    async def __aexit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        """Keep the count of a wrong password alone."""
        audit, limits = self._here.identity.audit, self._here.limits
        match error:
            case None:
                await limits.login_succeeded(self._email, self._origin.address)
            case WrongPasswordError():
                audit.refused(Entry(type="login_failed", origin=self._origin, user_id=error.user_id))
            case ForbiddenError():
                audit.refused(Entry(type="proof_refused", origin=self._origin, detail=error.message))
                await limits.take_back_login(self._email, self._origin.address)
            case Exception():
                await limits.take_back_login(self._email, self._origin.address)
            case _:
                pass


async def prove(here: Services, origin: Origin, claims: Claims, password: str | None) -> None:
    """That the person is there: the password, or a log-in of just now. Raises ForbiddenError or WrongPasswordError."""
    proof = Proof(password=password, opened_at=await here.identity.standing.opened_at(claims.session))
    async with Guess(here, origin, claims.principal.email):
        await here.identity.accounts.prove(claims.principal, proof)
