"""Encryption of small secrets that netra keeps or hands out, with keys derived from those of access tokens."""

import base64

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from netra.auth.keys import KeyRing, SigningKey


def box(keys: KeyRing, purpose: str) -> MultiFernet:
    """Seals with the current key and opens with every key; what was sealed for one purpose opens for no other.

    Fernet: AES-128-CBC with HMAC-SHA256; keys by HKDF (RFC 5869).
    """
    return MultiFernet([_fernet(key, purpose) for key in keys.every])


def _fernet(key: SigningKey, purpose: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"netra: {purpose}".encode())
    return Fernet(base64.urlsafe_b64encode(derived.derive(key.private.private_bytes_raw())))
