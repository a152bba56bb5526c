"""What clients really say, word for word, and the phase and code that it belongs to."""

import pytest

from goldenpath.diagnosis.signatures import classify
from goldenpath.probes.signatures import meaning, timer_of

SAID = (
    ("Error -3 connecting to 10.166.204.83:6379. Temporary failure in name resolution.", "dns", "EAI_AGAIN"),
    ("[Errno -2] Name or service not known", "dns", "EAI_NONAME"),
    ("[Errno -5] No address associated with hostname", "dns", "EAI_NODATA"),
    ("OSError: [Errno 101] Network is unreachable", "tcp", "ENETUNREACH"),
    ("[Errno 113] No route to host", "tcp", "EHOSTUNREACH"),
    ("Error 111 connecting to 127.0.0.1:6379. Connection refused.", "tcp", "ECONNREFUSED"),
    ("[Errno 111] Connect call failed ('127.0.0.1', 5432)", "tcp", "ECONNREFUSED"),
    ("Timeout connecting to server", "tcp", "ETIMEDOUT"),
    ("Timeout reading from socket", "first_byte", "timeout"),
    ("OSError: [Errno 24] Too many open files", "tcp", "EMFILE"),
    ("[Errno 99] Cannot assign requested address", "tcp", "EADDRNOTAVAIL"),
    ("[Errno 28] No space left on device", "query", "disk_full"),
    ("[Errno 30] Read-only file system: '/data/x'", "query", "read_only_file_system"),
    ('FATAL:  password authentication failed for user "app"', "auth", "bad_password"),
    ('FATAL:  database "x" does not exist', "auth", "unknown_database"),
    ("FATAL:  sorry, too many clients already", "auth", "too_many_clients"),
    (
        "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
        "auth",
        "too_many_clients",
    ),
    ('FATAL:  too many connections for role "app"', "auth", "too_many_clients"),
    ('invalid integer value "None" for connection option "port"', "dns", "bad_port"),
    (
        'connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory',
        "dns",
        "unix_socket",
    ),
    ('relation "threads" does not exist', "query", "schema"),
    ("canceling statement due to statement timeout", "query", "statement_timeout"),
    ("canceling statement due to lock timeout", "query", "lock_timeout"),
    ("cannot execute INSERT in a read-only transaction", "query", "read_only"),
    ("NOAUTH Authentication required.", "auth", "bad_password"),
    ("OOM command not allowed when used memory > 'maxmemory'.", "query", "memory_full"),
    ("READONLY You can't write against a read only replica.", "query", "read_only"),
    ("max number of clients reached", "auth", "too_many_clients"),
    ("LOADING Valkey is loading the dataset in memory", "auth", "starting_up"),
    ("MISCONF Valkey is configured to save RDB snapshots, but it's currently unable to", "query", "disk_full"),
    (
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired",
        "tls",
        "certificate_expired",
    ),
    ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "tls", "plaintext_peer"),
    ("[Errno 104] Connection reset by peer", "first_byte", "closed"),
    ("Error code: 429 - Rate limit reached for requests", "query", "rate_limited"),
    ("Error code: 401 - Incorrect API key provided", "auth", "key_refused"),
    ("deadlock detected", "query", "deadlock"),
)


@pytest.mark.parametrize(("text", "phase", "code"), SAID, ids=[code for _, _, code in SAID])
def test_what_a_client_says_is_decoded(text: str, phase: str, code: str) -> None:
    found = classify(text)
    assert found
    assert (found.phase, found.code) == (phase, code)


@pytest.mark.parametrize(
    "text", ["", "all is well", "thread 101 of 113 has started", "the port is open", "it took 5.0 s"]
)
def test_what_says_nothing_is_not_decoded(text: str) -> None:
    assert classify(text) is None


@pytest.mark.parametrize(("ms", "timer"), [(5006.0, 5000.0), (10012.0, 10000.0), (4200.0, None), (5300.0, None)])
def test_five_seconds_is_a_timer(ms: float, timer: float | None) -> None:
    assert timer_of(ms) == timer


def test_a_meaning_names_its_layer_first() -> None:
    assert meaning("tcp", "ECONNREFUSED").startswith("filter or port: ")
    assert meaning("tls", "certificate_expired") == "tls: the certificate has expired"
    assert meaning("query", "deadlock").startswith("server: ")
    assert meaning("auth", "other: what nobody knows") == "auth: what nobody knows"
