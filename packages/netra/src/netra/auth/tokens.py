"""Access tokens: EdDSA-signed JWTs of fifteen minutes, verified strictly."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
from pydantic import ValidationError

from netra.auth.keys import KeyRing
from netra.auth.principal import Claims, Principal
from netra.errors import UnauthorizedError
from netra.settings.model import Environment

ISSUER = "netra"
AUDIENCE = "netra"
LIFETIME = timedelta(minutes=15)
LEEWAY = timedelta(seconds=5)
"""Clocks of two machines may differ by this much."""
REQUIRED = ["iss", "aud", "sub", "tid", "sid", "email", "role", "plan", "env", "jti", "iat", "nbf", "exp"]
HINT = "log in again or refresh the token"


class Tokens:
    """Issues and verifies the access tokens of one environment."""

    def __init__(self, keys: KeyRing, environment: Environment) -> None:
        """Sign with the current key, accept tokens of every key; tokens of another environment are refused."""
        self._keys = keys
        self._environment = environment

    def issue(self, principal: Principal, session: UUID) -> str:
        """A fresh access token for the principal, bound to its session."""
        now = datetime.now(UTC)
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(principal.user_id),
            "tid": str(principal.tenant_id),
            "sid": str(session),
            "email": principal.email,
            "role": principal.role,
            "plan": principal.plan,
            "env": self._environment,
            "jti": str(uuid4()),
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
        }
        key = self._keys.current
        return jwt.encode(claims, key.private, algorithm="EdDSA", headers={"kid": key.published.kid})

    def verify(self, token: str) -> Claims:
        """What the token says, if every part of it holds; raises UnauthorizedError that says which does not."""
        try:
            key = self._keys.named(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                raise UnauthorizedError("the access token is signed by an unknown key", where="token", hint=HINT)
            claims = jwt.decode(
                token,
                key.public,
                algorithms=["EdDSA"],
                issuer=ISSUER,
                audience=AUDIENCE,
                leeway=LEEWAY,
                options={"require": REQUIRED},
            )
        except jwt.PyJWTError as error:
            raise UnauthorizedError(_public(error), where="token", hint=HINT) from None
        return self._claims(claims)

    def _claims(self, claims: dict[str, Any]) -> Claims:
        if claims["env"] != self._environment:
            raise UnauthorizedError("the access token is for another environment", where="token", hint=HINT)
        try:
            principal = Principal(
                user_id=claims["sub"],
                tenant_id=claims["tid"],
                email=claims["email"],
                role=claims["role"],
                plan=claims["plan"],
            )
            return Claims(principal=principal, session=claims["sid"], token_id=claims["jti"], expires_at=claims["exp"])
        except ValidationError:
            raise UnauthorizedError("the access token's claims are malformed", where="token", hint=HINT) from None


def _public(error: jwt.PyJWTError) -> str:
    """What a client may read of the refusal; never a part of the token."""
    match error:
        case jwt.ExpiredSignatureError():
            return "the access token has expired"
        case jwt.ImmatureSignatureError() | jwt.InvalidIssuedAtError():
            return "the access token is not valid yet"
        case jwt.InvalidAudienceError():
            return "the access token is for another audience"
        case jwt.InvalidIssuerError():
            return "the access token is from another issuer"
        case jwt.MissingRequiredClaimError():
            return f"the access token lacks the claim {error.claim}"
        case _:
            return "the access token is not genuine"
