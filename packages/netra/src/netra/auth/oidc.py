"""A client of an OpenID Connect provider: authorization code with state, nonce and PKCE, and the id_token verified."""

from collections.abc import Mapping
from typing import Any, cast

import httpx2
from authlib.integrations.base_client.errors import (  # pyright: ignore[reportMissingTypeStubs] - Authlib ships none
    OAuthError,
)
from authlib.integrations.httpx_client import (  # pyright: ignore[reportMissingTypeStubs] - see above
    AsyncOAuth2Client,
)
from authlib.oidc.core import CodeIDToken  # pyright: ignore[reportMissingTypeStubs] - see above
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from netra.auth.discovery import TIMEOUT_S, Documents, Metadata, is_private, unreachable
from netra.auth.flows import Flow, LostFlowError
from netra.errors import ConfigError, UnauthorizedError
from netra.settings.model import OidcSettings

SCOPE = "openid email profile"
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Never `none`, and none that a public key could stand in for as a shared secret."""
LEEWAY_S = 30
VISIBLE = r"^[ -~]*$"
"""The characters of an authorization response (RFC 6749, appendix A)."""
DENIED = "access_denied"
"""What a provider says when the person did not allow it (RFC 6749, 4.1.2.1)."""
REFUSED = "the identity provider's answer is refused"


class DeniedError(UnauthorizedError):
    """The person, or the provider's rules, did not allow the log-in."""


class Outcome(BaseModel):
    """What the browser brings back from the provider."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    state: str = Field(default="", max_length=200, pattern=VISIBLE)
    code: str = Field(default="", max_length=4000, pattern=VISIBLE)
    iss: str = Field(default="", max_length=500, pattern=VISIBLE)
    error: str = Field(default="", max_length=100, pattern=VISIBLE)


class Person(BaseModel):
    """Who logged in, as the provider vouches for it."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    subject: str = Field(min_length=1, max_length=255)
    email: str = ""
    email_verified: bool = False
    name: str = ""


class Provider:
    """The provider that people may log in with."""

    def __init__(self, settings: OidcSettings, redirect_uri: str) -> None:
        """Speak as the settings' client; raises ConfigError if the provider could be overheard."""
        if not is_private(settings.issuer):
            raise ConfigError("must be https", where="OIDC_ISSUER", hint="http is for providers on this machine")
        self._settings = settings
        self._redirect_uri = redirect_uri
        self._documents = Documents(settings.issuer)

    async def begin(self, flow: Flow) -> str:
        """The provider's address to send the browser to."""
        metadata = await self._documents.metadata()
        client = self._client(metadata)
        address, _ = client.create_authorization_url(
            metadata.authorization_endpoint, state=flow.state, code_verifier=flow.verifier, nonce=flow.nonce
        )
        await client.aclose()
        return address

    async def finish(self, flow: Flow, outcome: Outcome) -> Person:
        """Who logged in; raises UnauthorizedError that says what does not hold."""
        metadata = await self._documents.metadata()
        _check(flow, outcome, metadata)
        async with self._client(metadata) as client:
            try:
                token = await client.fetch_token(
                    metadata.token_endpoint, code=outcome.code, code_verifier=flow.verifier
                )
                claims = await self._claims(metadata, token, flow)
                if "email" not in claims and metadata.userinfo_endpoint:
                    claims |= await self._userinfo(client, metadata.userinfo_endpoint, claims["sub"])
            except OAuthError as error:
                raise _refused(f"it refused the code: {str(error.error)[:100]}") from None
            except (httpx2.HTTPError, ValueError) as error:
                raise unreachable(error) from error
        return _person(metadata.issuer, claims)

    def _client(self, metadata: Metadata) -> Any:
        methods = metadata.token_endpoint_auth_methods_supported
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        return cast("Any", AsyncOAuth2Client)(
            client_id=self._settings.client_id,
            client_secret=self._settings.client_secret.get_secret_value(),
            token_endpoint_auth_method=method,
            scope=SCOPE,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_S,
            trust_env=False,
        )

    async def _claims(self, metadata: Metadata, token: Mapping[str, Any], flow: Flow) -> dict[str, Any]:
        """The claims of the id_token, each of which holds."""
        try:
            decoded = await self._decoded(metadata, str(token.get("id_token", "")))
            claims = cast("Any", CodeIDToken)(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": metadata.issuer},
                    "aud": {"essential": True, "value": self._settings.client_id},
                    "sub": {"essential": True},
                },
                {
                    "nonce": flow.nonce,
                    "client_id": self._settings.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError) as error:
            raise _refused(f"its id_token does not hold: {_named(error)}") from None
        return dict(claims)

    async def _decoded(self, metadata: Metadata, id_token: str) -> jwt.Token:
        allowed = [a for a in metadata.id_token_signing_alg_values_supported if a in SIGNATURES]
        registry = JWSRegistry(algorithms=allowed, strict_check_header=False)
        keys = await self._documents.keys()
        try:
            return jwt.decode(id_token, key=keys, registry=registry)
        except InvalidKeyIdError:
            keys = await self._documents.keys_anew()
            return jwt.decode(id_token, key=keys, registry=registry)

    async def _userinfo(self, client: Any, address: str, subject: str) -> dict[str, Any]:
        answer = await client.get(address)
        answer.raise_for_status()
        told = answer.json()
        if not isinstance(told, dict) or cast("dict[str, Any]", told).get("sub") != subject:
            raise _refused("userinfo is about somebody else")
        return cast("dict[str, Any]", told)


def _check(flow: Flow, outcome: Outcome, metadata: Metadata) -> None:
    """Whether the answer is the one to this browser's own request."""
    if outcome.state != flow.state:
        raise LostFlowError(f"{REFUSED}: it belongs to another log-in", "oidc")
    expected = metadata.issuer if metadata.authorization_response_iss_parameter_supported or outcome.iss else ""
    if outcome.iss != expected:
        raise _refused("it is another provider's")
    if outcome.error == DENIED:
        raise DeniedError(f"{REFUSED}: it says {DENIED}", where="oidc", hint="log in again, and allow it there")
    if outcome.error or not outcome.code:
        raise _refused(f"it says {outcome.error or 'nothing'}")


def _person(issuer: str, claims: Mapping[str, Any]) -> Person:
    try:
        return Person(
            issuer=issuer,
            subject=claims["sub"],
            email=str(claims.get("email") or "").lower(),
            # Some providers write the word.
            email_verified=claims.get("email_verified") in {True, "true"},
            name=str(claims.get("name") or "")[:200].replace("\x00", ""),
        )
    except (ValidationError, TypeError):
        raise _refused("it does not say who it is") from None


def _named(error: Exception) -> str:
    """The kind of fault, and the claim that it is about; never a value."""
    claim = getattr(error, "claim", None)
    kind = getattr(error, "error", type(error).__name__)
    return f"{kind}: {claim}" if isinstance(claim, str) else str(kind)


def _refused(why: str) -> UnauthorizedError:
    return UnauthorizedError(f"{REFUSED}: {why}", where="oidc", hint="log in again")
