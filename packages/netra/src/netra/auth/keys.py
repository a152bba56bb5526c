"""The Ed25519 key that signs access tokens, and its public half as a JWK (RFC 8037)."""

import base64
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ConfigDict, SecretStr

from netra.errors import ConfigError

SEED_BYTES = 32


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
    """The private key with its published half."""

    def __init__(self, seed: SecretStr) -> None:
        """Read AUTH_SIGNING_KEY, base64url of 32 bytes; raises ConfigError if it is not."""
        self.private = Ed25519PrivateKey.from_private_bytes(_decoded(seed.get_secret_value()))
        self.public = self.private.public_key()
        x = _encoded(self.public.public_bytes_raw())
        self.published = PublicKey(kid=_thumbprint(x), x=x)


def _decoded(text: str) -> bytes:
    try:
        seed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        seed = b""
    if len(seed) != SEED_BYTES:
        raise ConfigError(
            "is not the base64url of 32 bytes",
            where="AUTH_SIGNING_KEY",
            hint="generate one: python -c 'import secrets; print(secrets.token_urlsafe(32))'",
        )
    return seed


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _thumbprint(x: str) -> str:
    """RFC 7638: the hash of the key's required members, sorted and without white space."""
    members = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    return _encoded(hashlib.sha256(members.encode()).digest())
