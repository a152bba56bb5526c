"""Secrets that outlive a process: one file each, readable by their owner only."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

SEED_BYTES = 32


def kept(file: Path, make: Callable[[], str]) -> str:
    """The secret in this file; made and stored at the first call. A half-written file cannot stay behind."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return _store(file, make())


def password() -> str:
    """256 random bits in characters that need no quoting anywhere."""
    return secrets.token_urlsafe(32)


def signing_key() -> str:
    """base64url of a random 32-byte Ed25519 seed."""
    return base64.urlsafe_b64encode(secrets.token_bytes(SEED_BYTES)).decode().rstrip("=")


def _store(file: Path, secret: str) -> str:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(secret)
    try:
        # A link fails when another process was first: then its secret is the one that counts.
        file.hardlink_to(beside)
    except FileExistsError:
        return file.read_text(encoding="utf-8")
    finally:
        beside.unlink()
    return secret
