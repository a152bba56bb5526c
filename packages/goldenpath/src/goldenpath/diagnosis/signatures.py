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
    (
        r"invalid integer value .* for connection option|port .* (is not|must be) (a number|an integer)",
        "dns",
        "bad_port",
    ),
    (r"\.s\.PGSQL\.\d+", "dns", "unix_socket"),
    (r"EAI_AGAIN|\bError -3\b|Errno -3\b|temporary failure in name resolution", "dns", "EAI_AGAIN"),
    (r"EAI_NODATA|\bError -5\b|Errno -5\b|no address associated with hostname", "dns", "EAI_NODATA"),
    (r"EAI_NONAME|\bError -2\b|Errno -2\b|name or service not known|nodename nor servname", "dns", "EAI_NONAME"),
    (r"EMFILE|(Errno|Error) 24\b|too many open files", "tcp", "EMFILE"),
    (r"EADDRNOTAVAIL|(Errno|Error) 99\b|cannot assign requested address", "tcp", "EADDRNOTAVAIL"),
    (r"ENETUNREACH|(Errno|Error) 101\b|network is unreachable", "tcp", "ENETUNREACH"),
    (r"EHOSTUNREACH|(Errno|Error) 113\b|no route to host", "tcp", "EHOSTUNREACH"),
    (r"ECONNREFUSED|(Errno|Error) 111\b|connection refused|connect call failed", "tcp", "ECONNREFUSED"),
    (r"certificate has expired|certificate_expired|certificate is not yet valid", "tls", "certificate_expired"),
    (r"hostname mismatch|certificate is not valid for|certificate_name", "tls", "certificate_name"),
    (
        r"self[- ]signed certificate|unable to get local issuer|certificate signature failure|certificate_untrusted",
        "tls",
        "certificate_untrusted",
    ),
    (r"wrong version number|plaintext_peer|http request was sent to https", "tls", "plaintext_peer"),
    (r"ETIMEDOUT|(Errno|Error) 110\b|timeout connecting|connection timed out", "tcp", "ETIMEDOUT"),
    (r"\bssl\b|\btls\b|certificate", "tls", "tls"),
    (r"password authentication failed|WRONGPASS|NOAUTH|invalid username-password|bad_password", "auth", "bad_password"),
    (r"no pg_hba\.conf entry|peer authentication failed|login_refused", "auth", "login_refused"),
    (r"database .* does not exist|unknown_database", "auth", "unknown_database"),
    (
        r"too many clients|too many connections|connection slots are reserved|max number of clients|too_many_clients",
        "auth",
        "too_many_clients",
    ),
    (r"database system is (starting up|in recovery)|loading the dataset|\bLOADING\b", "auth", "starting_up"),
    (r"database system is shutting down|terminating connection due to administrator", "auth", "shutting_down"),
    (r"key_refused|invalid api key|incorrect api key|llm_auth|(HTTP|status) 401", "auth", "key_refused"),
    (r"model_not_found|model (.* )?(not found|does not exist)", "auth", "model_not_found"),
    (r"insufficient_quota|quota_exhausted|(HTTP|status) 402", "query", "quota_exhausted"),
    (r"rate.?limit|too many requests|(HTTP|status) 429", "query", "rate_limited"),
    (r"timeout reading from socket|first_byte", "first_byte", "timeout"),
    (
        r"ECONNRESET|(Errno|Error) 104\b|connection reset by peer|closed the connection unexpectedly",
        "first_byte",
        "closed",
    ),
    (r"25006|read-only transaction|READONLY|read only replica", "query", "read_only"),
    (r"57014|statement timeout", "query", "statement_timeout"),
    (r"55P03|lock timeout|lock_timeout", "query", "lock_timeout"),
    (r"40P01|deadlock detected", "query", "deadlock"),
    (r"OOM command not allowed|maxmemory", "query", "memory_full"),
    (r"ENOSPC|53100|(Errno|Error) 28\b|no space left on device|MISCONF", "query", "disk_full"),
    (r"EROFS|(Errno|Error) 30\b|read-only file system", "query", "read_only_file_system"),
    (r"42501|NOPERM|permission denied for (table|schema|relation|sequence|database)", "query", "no_permission"),
    (r"42P01|42703|(relation|column) .* does not exist", "query", "schema"),
)
_SIGNATURES = tuple((re.compile(p, re.IGNORECASE), Signature(phase=phase, code=code)) for p, phase, code in _TABLE)


def classify(text: str) -> Signature | None:
    """The phase this error text belongs to; None when it belongs to none for certain."""
    return next((signature for pattern, signature in _SIGNATURES if pattern.search(text)), None)


def speaks_of(text: str, code: str) -> bool:
    """Whether a text that may tell of much tells of this, too."""
    return any(signature.code == code and pattern.search(text) for pattern, signature in _SIGNATURES)


def phase_index(phase: Phase) -> int:
    """The place of a phase in the order of a connection."""
    return PHASES.index(phase)
