"""From what a client sees to a short name and the layer at fault, as measured on Linux.

A signature names a layer and narrows the candidates; it is never a cause by itself.
"""

from typing import Literal

from goldenpath.probes.phase import PhaseName

Layer = Literal["configuration", "resolver", "route", "filter or port", "process", "tls", "auth", "capacity", "server"]

BY_SQLSTATE: dict[str, str] = {
    "28P01": "bad_password",
    "28000": "login_refused",
    "3D000": "unknown_database",
    "53300": "too_many_clients",
    "57P03": "starting_up",
    "57P01": "shutting_down",
    "53100": "disk_full",
    "53200": "memory_full",
    "25006": "read_only",
    "55P03": "lock_timeout",
    "57014": "statement_timeout",
    "57P02": "shutting_down",
    "57P05": "idle_too_long",
    "25P03": "idle_too_long",
    "25P04": "statement_timeout",
    "53400": "limit_exceeded",
    "58030": "disk_error",
    "XX001": "data_corrupted",
    "XX002": "data_corrupted",
    "40P01": "deadlock",
    "40001": "serialization_failure",
    "42501": "no_permission",
    "3F000": "table_missing",
    "42P01": "table_missing",
    "42703": "column_missing",
}
"""PostgreSQL. An unknown role answers 28P01 as a wrong password does."""
BY_CLICKHOUSE_CODE: dict[str, str] = {
    "192": "bad_password",
    "193": "bad_password",
    "194": "bad_password",
    "516": "bad_password",
    "81": "unknown_database",
    "202": "too_many_clients",
    "159": "statement_timeout",
    "241": "memory_full",
    "243": "disk_full",
    "164": "read_only",
    "242": "read_only",
    "203": "too_many_clients",
    "252": "too_many_parts",
    "60": "table_missing",
    "47": "column_missing",
    "497": "no_permission",
    "201": "quota_exhausted",
    "158": "limit_exceeded",
    "307": "limit_exceeded",
    "210": "other: its own network fails",
}
BY_REDIS_TEXT: dict[str, str] = {
    "max number of clients": "too_many_clients",
    "WRONGPASS": "bad_password",
    "invalid username-password": "bad_password",
    "NOAUTH": "bad_password",
    "Authentication required": "bad_password",
    "without any password configured": "bad_password",
    "maxmemory": "memory_full",
    "READONLY": "read_only",
    "NOREPLICAS": "too_few_replicas",
    "MASTERDOWN": "replica_cut_off",
    "CLUSTERDOWN": "cluster_down",
    "BUSY": "command_blocks",
    "read only replica": "read_only",
    "MISCONF": "disk_full",
    "loading the dataset": "starting_up",
    "NOPERM": "no_permission",
    "no permissions": "no_permission",
}
"""Parts of the texts that Redis and Valkey answer with; redis-py drops some of the leading codes."""
BY_LLM_STATUS: dict[int, str] = {
    401: "key_refused",
    403: "key_refused",
    402: "quota_exhausted",
    404: "model_not_found",
    429: "rate_limited",
}

_DNS: dict[str, tuple[Layer, str]] = {
    "EAI_NONAME": ("resolver", "the name does not exist, or the value is no clean host name or address"),
    "EAI_AGAIN": ("resolver", "the resolver gave no answer"),
    "EAI_SERVICE": ("configuration", "the port is no number"),
    "EAI_NODATA": ("resolver", "the name has no address"),
    "timeout": ("resolver", "the resolver did not answer in time"),
}
_TCP: dict[str, tuple[Layer, str]] = {
    "EPERM": ("filter or port", "a filter or policy of this very host forbids it"),
    "EMSGSIZE": ("route", "packets are too long for the way and may not be cut"),
    "ENOBUFS": ("process", "this host has no room for more packets or connections"),
    "ENFILE": ("process", "this host has no file descriptor left"),
    "ECONNRESET": ("filter or port", "the peer, or a filter that answers as it, ends the connection as it begins"),
    "ECONNREFUSED": ("filter or port", "nobody listens on the port, or a filter rejects: ask the listener's side"),
    "ETIMEDOUT": ("filter or port", "packets are dropped, or the listener's queue is full"),
    "ENETUNREACH": ("route", "no route to the network, or a filter that says so"),
    "EHOSTUNREACH": ("route", "an unreachable route, or a filter that says so"),
    "EINVAL": ("route", "a blackhole route"),
    "EACCES": ("route", "a prohibit route"),
    "EMFILE": ("process", "this process has no file descriptor left"),
    "EADDRNOTAVAIL": ("process", "this host has no local address or port left"),
}
_TLS: dict[str, tuple[Layer, str]] = {
    "timeout": ("tls", "no handshake, as from a peer that speaks plain text"),
    "closed": ("tls", "the peer ends the hand-shake without a word: it speaks no TLS, or wants another kind"),
    "plaintext_peer": ("tls", "the peer speaks plain text"),
    "certificate_expired": ("tls", "the certificate has expired"),
    "certificate_not_yet_valid": ("tls", "the certificate is not valid yet, or this clock is wrong"),
    "certificate_untrusted": ("tls", "nobody whom this client trusts vouches for the certificate"),
    "certificate_name": ("tls", "the certificate is of another name than the one asked for"),
    "certificate_revoked": ("tls", "the certificate was revoked"),
    "certificate_purpose": ("tls", "the certificate may not be used for this"),
    "protocol_version": ("tls", "the two sides have no version of TLS in common"),
    "no_common_cipher": ("tls", "the two sides have no cipher in common, or the server wants more"),
    "client_certificate_required": ("tls", "the server wants a certificate of the client"),
    "client_certificate_refused": ("tls", "the server does not trust the client's certificate"),
    "server_name_unknown": ("tls", "the server knows no such name"),
}
_LATER: dict[str, tuple[Layer, str]] = {
    "tls_expected": ("tls", "the server speaks TLS, and was spoken to in plain text"),
    "table_missing": ("server", "a table does not exist"),
    "column_missing": ("server", "a column does not exist"),
    "deadlock": ("server", "transactions waited for one another"),
    "serialization_failure": ("server", "transactions came into each other's way: to be tried again"),
    "limit_exceeded": ("capacity", "a limit of the server's settings is exceeded"),
    "idle_too_long": ("server", "the server ended a session that did nothing"),
    "disk_error": ("server", "the server's disk fails"),
    "data_corrupted": ("server", "the server's data are damaged"),
    "too_many_parts": ("capacity", "too many small parts: inserts are refused"),
    "too_few_replicas": ("server", "too few replicas answer for a write to be safe"),
    "replica_cut_off": ("server", "a replica that has lost its primary"),
    "cluster_down": ("server", "the cluster does not serve"),
    "command_blocks": ("server", "a script or command holds the server up"),
    "timeout": ("process", "the connection stands and the peer is silent: stopped or blocked"),
    "closed": ("process", "the peer closed the connection"),
    "bad_password": ("auth", "the password, the role or both are wrong"),
    "login_refused": ("auth", "the server's rules refuse this login"),
    "key_refused": ("auth", "the key is refused"),
    "unknown_database": ("configuration", "the database does not exist"),
    "model_not_found": ("configuration", "the model does not exist at this endpoint"),
    "path_unknown": ("configuration", "the server has nothing at this path"),
    "too_many_clients": ("capacity", "the connection limit is reached"),
    "rate_limited": ("capacity", "the provider limits the rate"),
    "stream_silent": ("server", "the model began to answer and fell silent"),
    "stream_cut": ("server", "the model's answer ended without an end"),
    "stream_unreadable": ("server", "the model's answer cannot be read"),
    "quota_exhausted": ("capacity", "the account has no credit left"),
    "starting_up": ("server", "the server is still starting"),
    "shutting_down": ("server", "the server is stopping"),
    "disk_full": ("server", "the server cannot write to its disk"),
    "memory_full": ("capacity", "the memory limit is reached: reads stay green, writes fail"),
    "read_only": ("server", "the server takes no writes: a replica or a setting"),
    "lock_timeout": ("server", "a lock was not free in time"),
    "statement_timeout": ("server", "the statement ran out of time"),
    "no_permission": ("auth", "the role may not do this"),
}
_TIMERS_MS = (5000.0, 10000.0, 15000.0)
_TIMER_SLACK_MS = 100.0


def meaning(phase: PhaseName, error: str) -> str:
    """What an error of this phase says, in words, its layer first."""
    table = {"dns": _DNS, "tcp": _TCP, "tls": _TLS}.get(phase, _LATER)
    if error in table:
        layer, words = table[error]
        return f"{layer}: {words}"
    return f"{phase}: {error.removeprefix('other: ')}"


def timer_of(ms: float) -> float | None:
    """The resolver timer in ms that this duration sits on, if it does: 5 s is a timer, not a size."""
    return next((timer for timer in _TIMERS_MS if timer - 10 <= ms <= timer + _TIMER_SLACK_MS), None)


def of_text(table: dict[str, str], text: str) -> str:
    """The name of the first part that occurs in the text; else the text itself, marked as other."""
    return next((name for part, name in table.items() if part.lower() in text.lower()), f"other: {text}")
