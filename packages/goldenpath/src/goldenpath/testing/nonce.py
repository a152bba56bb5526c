"""Marks that make a test findable: one for a run of the suite, and one derived from it for each test; pure."""

import hashlib
import re
import secrets

ALPHABET = "bcdfghjklmnpqrst"
"""Sixteen consonants: no word, number, wildcard or e-mail oddity can arise, wherever the nonce is planted."""
MARK_LENGTH = 8
TEST_LENGTH = 12
NONCE = re.compile(rf"[{ALPHABET}]{{{MARK_LENGTH + TEST_LENGTH}}}")


def _letters(digest: bytes, length: int) -> str:
    return "".join(ALPHABET[byte & 15] for byte in digest[:length])


def new_mark() -> str:
    """A fresh mark of one run of a suite; results that do not carry it are of another run."""
    return _letters(secrets.token_bytes(MARK_LENGTH), MARK_LENGTH)


def nonce_of(mark: str, test_id: str) -> str:
    """The nonce of one test within the run of that mark."""
    return mark + _letters(hashlib.sha256(f"{mark}/{test_id}".encode()).digest(), TEST_LENGTH)
