"""The Ed25519 keys of access tokens: one signs, older ones still verify, all are published as JWKs (RFC 8037)."""

import base64
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ConfigDict, SecretStr

from netra.errors import ConfigError

SEED_BYTES = 32
CURRENT, PREVIOUS = "AUTH_SIGNING_KEY", "AUTH_PREVIOUS_KEYS"


class PublicKey(BaseModel):
    """One entry of the JWK set: everything a service needs to verify an access token."""

    model_config = ConfigDict(frozen=True)

    kty: str = "OKP"
    crv: str = "Ed25519"
    use: str = "sig"
    alg: str = "EdDSA"
    kid: str
    x: str


class SigningKey:
    """A private key with its published half."""

    def __init__(self, seed: SecretStr, variable: str = CURRENT) -> None:
        """Read base64url of 32 bytes; raises ConfigError that names the variable if it is not."""
        self.private = Ed25519PrivateKey.from_private_bytes(_decoded(seed.get_secret_value(), variable))
        self.public = self.private.public_key()
        x = _encoded(self.public.public_bytes_raw())
        self.published = PublicKey(kid=_thumbprint(x), x=x)


class KeyRing:
    """The key that signs, and those whose tokens are still accepted."""

    def __init__(self, current: SigningKey, previous: tuple[SigningKey, ...] = ()) -> None:
        """Sign with `current`; verify with it and with `previous`."""
        self.current = current
        self._by_id = {key.published.kid: key for key in (*previous, current)}

    @classmethod
    def read(cls, current: SecretStr, previous: tuple[SecretStr, ...]) -> "KeyRing":
        """The ring of AUTH_SIGNING_KEY and AUTH_PREVIOUS_KEYS; raises ConfigError."""
        return cls(SigningKey(current), tuple(SigningKey(seed, PREVIOUS) for seed in previous))

    def named(self, kid: object) -> SigningKey | None:
        """The key of this id, if it is one of ours."""
        return self._by_id.get(kid) if isinstance(kid, str) else None

    @property
    def every(self) -> tuple[SigningKey, ...]:
        """All keys, the one that signs first."""
        return (self.current, *(key for key in self._by_id.values() if key is not self.current))

    @property
    def published(self) -> tuple[PublicKey, ...]:
        """Their public halves, in this order."""
        return tuple(key.published for key in self.every)


def _decoded(text: str, variable: str) -> bytes:
    try:
        seed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        seed = b""
    if len(seed) != SEED_BYTES:
        raise ConfigError(
            "is not the base64url of 32 bytes",
            where=variable,
            hint="generate one: python -c 'import secrets; print(secrets.token_urlsafe(32))'",
        )
    return seed


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _thumbprint(x: str) -> str:
    """RFC 7638: the hash of the key's required members, sorted and without white space."""
    members = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    return _encoded(hashlib.sha256(members.encode()).digest())
