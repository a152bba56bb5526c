"""What an identity provider publishes: its endpoints and its keys, read now and then and kept while it is away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar, cast
from urllib.parse import urlsplit

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, ValidationError

from netra.errors import DependencyError
from netra.settings.rules import is_loopback

TIMEOUT_S = 5.0
KEPT_S = 3600.0
"""How long the provider's documents are used before they are read again."""
AGAIN_S = 1.0
"""An unknown key has the key set read again, and a provider that is away is asked again, this often at most."""
STALE_S = 60.0
"""When a document that is kept too long could not be read, it is used for this long before the next attempt."""
Read = TypeVar("Read")


class Metadata(BaseModel):
    """The parts of the discovery document that are used."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    authorization_response_iss_parameter_supported: bool = False


class Kept(Generic[Read]):
    """One document; whoever needs it while it is read waits for that one reading, whatever comes of it."""

    def __init__(self, read: Callable[[], Awaitable[Read]]) -> None:
        """Read it so; `read` raises DependencyError."""
        self._read = read
        self._value: Read | None = None
        self._old_at = self._again_at = 0.0
        self._failure: DependencyError | None = None
        self._reading = asyncio.Lock()

    async def get(self) -> Read:
        """The document, an old one rather than none; raises DependencyError."""
        async with self._reading:
            if self._value is not None and _now() < self._old_at:
                return self._value
            try:
                return await self._read_anew()
            except DependencyError:
                if self._value is None:
                    raise
                self._old_at = _now() + STALE_S
                return self._value

    async def anew(self) -> Read:
        """The document of this second; raises DependencyError."""
        async with self._reading:
            return await self._read_anew()

    async def _read_anew(self) -> Read:
        if _now() < self._again_at:
            if self._failure is not None:
                raise self._failure
            if self._value is not None:
                return self._value
        try:
            self._value, self._failure = await self._read(), None
            self._old_at = _now() + KEPT_S
        except DependencyError as error:
            self._failure = error
            raise
        finally:
            self._again_at = _now() + AGAIN_S
        return self._value


class Documents:
    """The provider's documents."""

    def __init__(self, issuer: str) -> None:
        """Read those of this issuer."""
        self._issuer = issuer
        self._metadata = Kept(self._read_metadata)
        self._keys = Kept(self._read_keys)

    async def metadata(self) -> Metadata:
        """Its endpoints; raises DependencyError."""
        return await self._metadata.get()

    async def keys(self) -> KeySet:
        """Its keys; raises DependencyError."""
        return await self._keys.get()

    async def keys_anew(self) -> KeySet:
        """Its keys as they are now; raises DependencyError."""
        return await self._keys.anew()

    async def _read_metadata(self) -> Metadata:
        address = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        return _metadata(await _read(address), self._issuer)

    async def _read_keys(self) -> KeySet:
        return _key_set(await _read((await self.metadata()).jwks_uri))


def _now() -> float:
    return asyncio.get_running_loop().time()


def is_private(address: str) -> bool:
    """Whether nobody on the way can read or change it."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


def unreachable(error: Exception) -> DependencyError:
    """The failure to raise when the provider did not answer as one does."""
    return DependencyError(
        f"the identity provider does not serve: {type(error).__name__}", where="oidc", hint="try again in a moment"
    )


async def _read(address: str) -> dict[str, Any]:
    """A JSON document of the provider; raises DependencyError."""
    try:
        async with httpx2.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            answer = await client.get(address)
            answer.raise_for_status()
            document: object = answer.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise unreachable(error) from error
    if not isinstance(document, dict):
        raise unreachable(TypeError("no JSON object"))
    return cast("dict[str, Any]", document)


def _metadata(document: dict[str, Any], issuer: str) -> Metadata:
    try:
        metadata = Metadata.model_validate(document)
    except ValidationError as error:
        raise unreachable(error) from None
    if metadata.issuer != issuer:
        raise DependencyError(
            "the discovery document names another issuer", where="oidc", hint="set OIDC_ISSUER to exactly its name"
        )
    told = (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri, metadata.userinfo_endpoint)
    for address in told:
        if address is not None and not is_private(address):
            raise DependencyError("the provider has an endpoint without https", where="oidc")
    return metadata


def _key_set(document: dict[str, Any]) -> KeySet:
    """The keys that can verify a signature; others in the set are left alone."""
    usable = [
        k for k in document.get("keys", ()) if k.get("use", "sig") == "sig" and k.get("kty") in {"RSA", "EC", "OKP"}
    ]
    try:
        return KeySet.import_key_set({"keys": usable})
    except (JoseError, ValueError, KeyError) as error:
        raise unreachable(error) from None
