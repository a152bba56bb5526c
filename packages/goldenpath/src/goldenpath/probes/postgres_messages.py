"""The messages of PostgreSQL's protocol, as far as a log-in and a statement need them."""

import hashlib
import struct
from collections.abc import Iterator
from typing import NamedTuple

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""Asks whether the server speaks TLS; it answers one byte, S or N, before any log-in."""
TERMINATE = struct.pack("!ci", b"X", 4)
HEAD = struct.Struct("!ci")
_LENGTH = HEAD.size - 1
"""What the length of a message counts besides its body: itself."""
_PROTOCOL = 196608
"""Version 3.0, which every server since 2003 speaks."""
_LONGEST = 1 << 24
"""Far more than a law's row; less than the first letters of any text, read as a length."""
_KINDS = frozenset(b"CDEIKNRSTZv")
"""What a server may send around a log-in and a plain statement."""
_SHOWN = (("S", "{} "), ("C", "{}: "), ("M", "{}"), ("D", "; {}"), ("H", "; hint: {}"))


class Message(NamedTuple):
    """One message of the server."""

    kind: bytes
    body: bytes


class NotPostgresError(Exception):
    """What came is no message that a PostgreSQL sends here."""


class LogInError(Exception):
    """The log-in cannot be done: the server asks for a way that is not spoken here, or proves to be another."""


class RefusalError(Exception):
    """The server's own report of an error."""

    def __init__(self, body: bytes) -> None:
        """Read the fields of an ErrorResponse."""
        fields = {part[:1]: part[1:] for part in body.decode(errors="replace").split("\0") if part}
        self.sqlstate = fields.get("C", "")
        super().__init__("".join(shape.format(fields[name]) for name, shape in _SHOWN if name in fields))


def body_length(head: bytes) -> int:
    """How much follows this head; NotPostgresError when it is none."""
    kind, length = HEAD.unpack(head)
    if kind[0] not in _KINDS or not _LENGTH <= length <= _LONGEST:
        raise NotPostgresError(f"the server said {head!r}")
    return length - _LENGTH


def startup(user: str, database: str) -> bytes:
    """The client's first message."""
    named = {"user": user, "database": database, "application_name": "goldenpath", "client_encoding": "UTF8"}
    body = b"".join(_word(name) + _word(value) for name, value in named.items() if value) + b"\0"
    return struct.pack("!ii", 8 + len(body), _PROTOCOL) + body


def statement(sql: str) -> bytes:
    """A plain statement."""
    return _framed(b"Q", _word(sql))


def password(text: str) -> bytes:
    """The answer to a request for the password, or for its hash."""
    return _framed(b"p", _word(text))


def md5(user: str, secret: str, salt: bytes) -> str:
    """The hash that a server of the old kind asks for; the way is PostgreSQL's, and weak."""
    stored = hashlib.md5(_encoded(secret) + _encoded(user), usedforsecurity=False).hexdigest()
    return "md5" + hashlib.md5(stored.encode() + salt, usedforsecurity=False).hexdigest()


def sasl_first(mechanism: str, message: str) -> bytes:
    """The first message of a log-in by SASL."""
    return _framed(b"p", _word(mechanism) + struct.pack("!i", len(message)) + message.encode())


def sasl_next(message: str) -> bytes:
    """Each further one."""
    return _framed(b"p", message.encode())


def cells(body: bytes) -> Iterator[str | None]:
    """The values of a row as the server writes them."""
    (count,), at = struct.unpack_from("!h", body), 2
    for _ in range(count):
        (length,) = struct.unpack_from("!i", body, at)
        at += 4
        yield None if length < 0 else body[at : at + length].decode(errors="replace")
        at += max(length, 0)


def _framed(kind: bytes, body: bytes) -> bytes:
    return HEAD.pack(kind, _LENGTH + len(body)) + body


def _word(text: str) -> bytes:
    return _encoded(text).replace(b"\0", b"") + b"\0"


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
