"""From an error text to the phase of a connection that failed; it narrows the candidates and is never a cause.

Source: control measurements on Linux with glibc and musl, psycopg 3, redis-py, PostgreSQL and Redis.
"""

import re
from typing import Literal

from goldenpath.facts import Record

Phase = Literal["dns", "tcp", "tls", "first_byte", "auth", "query"]
PHASES: tuple[Phase, ...] = ("dns", "tcp", "tls", "first_byte", "auth", "query")
"""The phases of one connection, in the order in which they happen."""

ROUTE_CODES = frozenset({"ENETUNREACH", "EHOSTUNREACH", "EINVAL", "EACCES"})
"""No route, an unreachable, blackhole or prohibit route, or a filter that answers as one."""


class Signature(Record):
    """The phase that failed, and its code in the vocabulary of observations."""

    phase: Phase
    code: str


_TABLE: tuple[tuple[str, Phase, str], ...] = (
    (r"EAI_AGAIN|\bError -3\b|Errno -3\b|temporary failure in name resolution", "dns", "EAI_AGAIN"),
    (r"EAI_NONAME|\bError -2\b|Errno -2\b|name or service not known|nodename nor servname", "dns", "EAI_NONAME"),
    (r"ENETUNREACH|(Errno|Error) 101\b|network is unreachable", "tcp", "ENETUNREACH"),
    (r"EHOSTUNREACH|(Errno|Error) 113\b|no route to host", "tcp", "EHOSTUNREACH"),
    (r"ECONNREFUSED|(Errno|Error) 111\b|connection refused|connect call failed", "tcp", "ECONNREFUSED"),
    (r"ETIMEDOUT|(Errno|Error) 110\b|timeout connecting|connection timed out", "tcp", "ETIMEDOUT"),
    (r"\bssl\b|\btls\b|certificate", "tls", "tls"),
    (r"password authentication failed|WRONGPASS|NOAUTH|invalid username-password|bad_password", "auth", "bad_password"),
    (r"database .* does not exist|unknown_database", "auth", "unknown_database"),
    (r"too many clients|max number of clients|too_many_clients", "auth", "too_many_clients"),
    (r"key_refused|invalid api key|incorrect api key|llm_auth|(HTTP|status) 401", "auth", "key_refused"),
    (r"model_not_found|model .* (not found|does not exist)", "auth", "model_not_found"),
    (r"timeout reading from socket|first_byte", "first_byte", "timeout"),
    (r"42P01|42703|(relation|column) .* does not exist", "query", "schema"),
)
_SIGNATURES = tuple((re.compile(p, re.IGNORECASE), Signature(phase=phase, code=code)) for p, phase, code in _TABLE)


def classify(text: str) -> Signature | None:
    """The phase this error text belongs to; None when it belongs to none for certain."""
    return next((signature for pattern, signature in _SIGNATURES if pattern.search(text)), None)


def phase_index(phase: Phase) -> int:
    """The place of a phase in the order of a connection."""
    return PHASES.index(phase)
