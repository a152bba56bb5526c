"""SCRAM-SHA-256 (RFC 5802 and 7677) as PostgreSQL speaks it: the client's side, without the wire.

By hand, because the libraries refuse what PostgreSQL takes (a password with a line break, fewer than 4096 rounds): a
probe stricter than the service's own client would name a fault that is none.
"""

import base64
import hashlib
import hmac
import stringprep
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

MECHANISM = "SCRAM-SHA-256"
_WITHOUT_BINDING = "n,,"
"""Says that this client does no channel binding."""
_MOST_ROUNDS = 10_000_000
"""Seconds of work; a peer that asks for more is no server that anybody logs in to."""
_SPACE: Callable[[str], bool] = stringprep.in_table_c12
_NOTHING: Callable[[str], bool] = stringprep.in_table_b1
_RIGHT_TO_LEFT: Callable[[str], bool] = stringprep.in_table_d1
_LEFT_TO_RIGHT: Callable[[str], bool] = stringprep.in_table_d2
_REFUSED: tuple[Callable[[str], bool], ...] = (
    stringprep.in_table_a1,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


class Proof(NamedTuple):
    """What the client sends to prove the password, and what only a server that knows it can answer."""

    message: str
    signature: bytes


def first(nonce: str) -> str:
    """The client's first message; PostgreSQL takes the role from the start-up message instead."""
    return f"{_WITHOUT_BINDING}{_bare(nonce)}"


def proof(password: str, nonce: str, challenge: str) -> Proof:
    """The answer to the server's first message; ValueError when that is no lawful one."""
    parts = _parts(challenge)
    joined, salt, rounds = (
        parts.get("r", ""),
        base64.b64decode(parts.get("s", ""), validate=True),
        int(parts.get("i", "")),
    )
    if not joined.startswith(nonce) or joined == nonce or not 0 < rounds <= _MOST_ROUNDS:
        raise ValueError("the challenge is none of SCRAM")
    salted = hashlib.pbkdf2_hmac("sha256", prepared(password), salt, rounds)
    final = f"c={_text(_WITHOUT_BINDING.encode())},r={joined}"
    whole = f"{_bare(nonce)},{challenge},{final}".encode()
    key = hmac.digest(salted, b"Client Key", "sha256")
    signed = hmac.digest(hashlib.sha256(key).digest(), whole, "sha256")
    proven = bytes(a ^ b for a, b in zip(key, signed, strict=True))
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return Proof(f"{final},p={_text(proven)}", hmac.digest(server_key, whole, "sha256"))


def is_genuine(expected: Proof, answer: str) -> bool:
    """Whether the server's last message proves that it knows the password, too."""
    return hmac.compare_digest(_parts(answer).get("v", "").encode(), _text(expected.signature).encode())


def prepared(password: str) -> bytes:
    """As PostgreSQL prepares it: ASCII stays, the rest goes through SASLprep (RFC 4013), unless that refuses it."""
    if password.isascii():
        return password.encode()
    mapped = "".join(" " if _SPACE(letter) else letter for letter in password if not _NOTHING(letter))
    normal = unicodedata.normalize("NFKC", mapped)
    kept = password if not normal or _is_refused(normal) else normal
    return kept.encode(errors="surrogateescape")


def _is_refused(text: str) -> bool:
    if any(table(letter) for letter in text for table in _REFUSED):
        return True
    if not any(_RIGHT_TO_LEFT(letter) for letter in text):
        return False
    mixed = any(_LEFT_TO_RIGHT(letter) for letter in text)
    return mixed or not (_RIGHT_TO_LEFT(text[0]) and _RIGHT_TO_LEFT(text[-1]))


def _bare(nonce: str) -> str:
    return f"n=,r={nonce}"


def _parts(message: str) -> dict[str, str]:
    split = (part.partition("=") for part in message.split(","))
    return {name: value for name, _, value in split}


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
