"""A log-in under way at an identity provider: kept by the browser, sealed so that only netra can read or make it."""

import secrets
from uuid import UUID

from cryptography.fernet import InvalidToken
from pydantic import BaseModel, ConfigDict

from netra.auth.keys import KeyRing
from netra.auth.sealing import box
from netra.errors import UnauthorizedError

LIFETIME_S = 600
"""A person has this long to log in at the provider."""
RANDOM_BYTES = 32


class Flow(BaseModel):
    """What must come back, and what follows then."""

    model_config = ConfigDict(frozen=True)

    state: str
    nonce: str
    verifier: str
    """The PKCE code verifier: 43 characters (RFC 7636)."""
    return_to: str
    user_id: UUID | None = None
    """Whose account the provider's is to be linked to; None: this is a log-in."""
    session: UUID | None = None
    """The session that asked for the link; it must still be open."""


def new_flow(return_to: str, *, user_id: UUID | None = None, session: UUID | None = None) -> Flow:
    """A flow with fresh random values."""
    state, nonce, verifier = (secrets.token_urlsafe(RANDOM_BYTES) for _ in range(3))
    return Flow(state=state, nonce=nonce, verifier=verifier, return_to=return_to, user_id=user_id, session=session)


class LostFlowError(UnauthorizedError):
    """What came back belongs to no log-in that is under way in this browser."""

    def __init__(self, message: str, where: str) -> None:
        """Say what does not fit."""
        super().__init__(message, where=where, hint="log in again")


class Seal:
    """Encrypts and authenticates flows."""

    def __init__(self, keys: KeyRing) -> None:
        """Seal with the current key, open with every key."""
        self._box = box(keys, "flows at an identity provider")

    def closed(self, flow: Flow) -> str:
        """The flow as a cookie's value."""
        return self._box.encrypt(flow.model_dump_json().encode()).decode()

    def opened(self, value: str) -> Flow:
        """The flow of a cookie; raises LostFlowError when it is not ours or too old."""
        try:
            return Flow.model_validate_json(self._box.decrypt(value.encode(), ttl=LIFETIME_S))
        except (InvalidToken, ValueError):
            raise LostFlowError("no log-in is under way in this browser, or it took too long", "cookie") from None
