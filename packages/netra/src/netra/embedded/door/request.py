"""One request of ClickHouse's HTTP protocol, from bytes to what the engine is to run; pure."""

import base64
import binascii
import gzip
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl

import lz4.frame  # pyright: ignore[reportMissingTypeStubs] - compiled, without types

AUTHENTICATION_FAILED = 516
NOT_IMPLEMENTED = 48
CANNOT_DECOMPRESS = 271
DEFAULT_FORMAT = "TabSeparated"
NOT_SETTINGS = frozenset({"user", "password", "query", "database", "default_format"})
TRANSPORT = frozenset(
    {
        "buffer_size",
        "client_protocol_version",
        "compress",
        "decompress",
        "enable_http_compression",
        "http_headers_progress_interval_ms",
        "query_id",
        "quota_key",
        "role",
        "send_progress_in_http_headers",
        "session_check",
        "session_id",
        "session_timeout",
        "wait_end_of_query",
    }
)
"""Parameters that mean the transport; the engine would refuse them as unknown settings."""
_NAME = rb"(?:`(?:[^`\\]|\\.)+`|\"(?:[^\"\\]|\\.)+\"|\w+)"
_INSERT = re.compile(
    rb"\s*(?P<head>insert\s+into\s+(?:table\s+)?" + _NAME + rb"(?:\s*\.\s*" + _NAME + rb")?"
    rb"(?:\s*\((?:`(?:[^`\\]|\\.)*`|\"(?:[^\"\\]|\\.)*\"|[^()`\"])*\))?)"
    rb"(?P<settings>\s+settings\s+[^\n]+?)?"
    rb"\s+format\s+(?P<format>\w+)[ \t]*(?:\r?\n|\Z)",
    re.IGNORECASE,
)
_COMMENTS = re.compile(rb"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)
_FORMAT_AT_END = re.compile(rb"\bformat\s+(\w+)\s*;?\s*\Z", re.IGNORECASE)


class DoorError(Exception):
    """A request that the engine never sees; `code` is ClickHouse's."""

    def __init__(self, message: str, *, code: int, name: str) -> None:
        """Phrase it as the engine would."""
        super().__init__(f"Code: {code}. DB::Exception: {message}. ({name})")
        self.code = code


# Frozen dataclasses, not pydantic: its import would be a fifth of this process's start.
@dataclass(frozen=True, kw_only=True)
class Statement:
    """What the engine is to run."""

    sql: bytes
    """Without its data, when it is an insert that carries some."""
    data: bytes | None = None
    data_format: str = ""
    keyword: str = ""
    """The statement's first word in lower case."""
    result_format: str = DEFAULT_FORMAT
    database: str = "default"
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    """Escaped as on the wire, which is how the engine wants them."""
    settings: dict[str, str] = field(default_factory=dict[str, str])
    query_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Login:
    """Who may use the door."""

    user: str
    password: str


def authenticate(login: Login, headers: Mapping[str, str], parameters: Mapping[str, str]) -> None:
    """Raise error 516 unless the headers or the parameters carry this login."""
    user, password = _credentials(headers, parameters)
    # Both are compared, so that the time taken does not tell which was wrong.
    same_user = hmac.compare_digest(user.encode(), login.user.encode())
    same_password = hmac.compare_digest(password.encode(), login.password.encode())
    if not (same_user and same_password):
        message = f"{user}: Authentication failed: password is incorrect, or there is no user with such name"
        raise DoorError(message, code=AUTHENTICATION_FAILED, name="AUTHENTICATION_FAILED")


def parameters_of(query_string: str) -> dict[str, str]:
    """The URL's parameters; empty ones are kept."""
    return dict(parse_qsl(query_string, keep_blank_values=True))


def decoded(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The body as it was before its Content-Encoding."""
    if headers.get("content-type", "").startswith("multipart/"):
        raise DoorError("this door takes no multipart requests", code=NOT_IMPLEMENTED, name="NOT_IMPLEMENTED")
    encoding = headers.get("content-encoding", "").strip().lower()
    try:
        match encoding:
            case "" | "identity":
                return body
            case "lz4":
                return cast("Any", lz4.frame).decompress(body)
            case "gzip":
                return gzip.decompress(body)
            case _:
                message = f"this door does not decode {encoding!r}; lz4 and gzip it does"
                raise DoorError(message, code=NOT_IMPLEMENTED, name="NOT_IMPLEMENTED")
    except (RuntimeError, OSError, EOFError) as error:
        message = f"the body is not {encoding}: {error}"
        raise DoorError(message, code=CANNOT_DECOMPRESS, name="CANNOT_DECOMPRESS") from error


def statement(parameters: Mapping[str, str], body: bytes) -> Statement:
    """Read SQL, data, typed parameters and settings out of one request."""
    query = parameters.get("query", "").encode()
    text = query + (b"\n" + body if body and query else body)
    insert = _INSERT.match(text)
    sql, data, data_format = text, None, ""
    if insert:
        sql = insert["head"] + b" FROM INFILE %s" + (insert["settings"] or b"") + b" FORMAT " + insert["format"]
        data, data_format = text[insert.end() :], insert["format"].decode()
    trailing = None if insert else _FORMAT_AT_END.search(text)
    return Statement(
        sql=sql,
        data=data,
        data_format=data_format,
        keyword=_keyword(text),
        result_format=trailing[1].decode() if trailing else parameters.get("default_format", DEFAULT_FORMAT),
        database=parameters.get("database") or "default",
        parameters={name[6:]: value for name, value in parameters.items() if name.startswith("param_")},
        settings={name: value for name, value in parameters.items() if _is_setting(name)},
        query_id=parameters.get("query_id", ""),
    )


def _is_setting(name: str) -> bool:
    return name not in NOT_SETTINGS and name not in TRANSPORT and not name.startswith("param_")


def _keyword(text: bytes) -> str:
    begun = _COMMENTS.match(text)
    word = re.match(rb"\(*\s*(\w+)", text[begun.end() if begun else 0 :])
    return word[1].decode().lower() if word else ""


def _credentials(headers: Mapping[str, str], parameters: Mapping[str, str]) -> tuple[str, str]:
    if "x-clickhouse-key" in headers or "x-clickhouse-user" in headers:
        return headers.get("x-clickhouse-user", "default"), headers.get("x-clickhouse-key", "")
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return user, password
    return parameters.get("user", "default"), parameters.get("password", "")
