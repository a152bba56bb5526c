"""Faults as observations: what the probes note of each, the cause it must lead to, and the decoys to be refuted."""

from collections.abc import Callable
from typing import NamedTuple

from diagnosis_bench import DONE, GOOD, REVISION, Notebook, failed

UPS = {"first_byte": 5003.0}
REDIS = ("web->redis", "worker->redis")
POSTGRES = ("web->postgres", "worker->postgres")


class Case(NamedTuple):
    name: str
    write: Callable[[Notebook], None]
    causes: tuple[tuple[str, str], ...]
    refuted: tuple[str, ...] = ()
    fix: str = ""
    """The first action that is planned; empty when there is none."""


def _edges(
    book: Notebook, edges: tuple[str, ...], fails: tuple[str, str], *, stripped: str = "", literal: bool = True
) -> None:
    for edge in edges:
        book.edge(edge, fails=fails, stripped=stripped, literal=literal)


def _good(book: Notebook, edges: tuple[str, ...]) -> None:
    for edge in edges:
        book.edge(edge, at=GOOD)


def missing_host(book: Notebook) -> None:
    book.healthy("env", "web", "health", "journey", *POSTGRES)
    book.env(("PG_HOST", "missing"), changed={"PG_HOST": "removed"})
    book.process("web", "exited", code=1, listening=False)
    book.note("web", "startup.failed", {"phase": "settings", "cause": "PG_HOST is missing"}, probe="log")
    _edges(book, POSTGRES, ("dns", "EAI_NONAME"), literal=False)
    book.health("unreachable")
    book.test("e2e/test_chat", "failed", "ConnectError")


def missing_before_deploy(book: Notebook) -> None:
    book.env(("PG_HOST", "missing"), changed={"PG_HOST": "removed"})


def removed_from_lax_contract(book: Notebook) -> None:
    book.healthy("env", *REDIS)
    book.env(changed={"REDIS_HOST": "removed"})
    _edges(book, REDIS, ("dns", "EAI_NONAME"), literal=False)


def empty_password(book: Notebook) -> None:
    book.healthy("env", "web", "health", "journey")
    book.env(("PG_PASSWORD", "empty"), changed={"PG_PASSWORD": "changed"})
    book.process("web", "exited", code=1, listening=False)


def misspelt_name(book: Notebook) -> None:
    book.env(("PG_HOST", "missing"), ("PG_HOTS", "unknown"), changed={"PG_HOST": "removed", "PG_HOTS": "added"})


def trailing_newline(book: Notebook) -> None:
    book.healthy("env", "health", *REDIS)
    book.env(("REDIS_HOST", "white_space"), changed={"REDIS_HOST": "changed"})
    book.value("REDIS_HOST", "127.0.0.1\n")
    _edges(book, REDIS, ("dns", "EAI_NONAME"), stripped="ok", literal=False)
    book.health("degraded", valkey=("unhealthy", "Error -2 connecting to 127.0.0.1: Name or service not known", 3.0))


def quoted_host_in_lax_contract(book: Notebook) -> None:
    book.healthy("env", *REDIS)
    book.env(changed={"REDIS_HOST": "changed"})
    book.value("REDIS_HOST", '"127.0.0.1"')
    _edges(book, REDIS, ("dns", "EAI_NONAME"), literal=False)


def unknown_name(book: Notebook) -> None:
    book.healthy("env", *POSTGRES)
    book.env(changed={"PG_HOST": "changed"})
    book.value("PG_HOST", "db.nowhere.invalid")
    _edges(book, POSTGRES, ("dns", "EAI_NONAME"), literal=False)
    _good(book, POSTGRES)


def silent_resolver(book: Notebook) -> None:
    book.healthy("env", *POSTGRES)
    book.env()
    book.value("PG_HOST", "db.internal")
    _edges(book, POSTGRES, ("dns", "EAI_AGAIN"), literal=False)


def slow_resolver(book: Notebook) -> None:
    book.healthy(*POSTGRES)
    for edge in POSTGRES:
        book.edge(edge, literal=False, ms={"dns": 5006.0}, samples=(5012.0, 5011.0, 5013.0))


def wrong_password(book: Notebook) -> None:
    book.healthy("env", *POSTGRES, "journey")
    book.env(changed={"PG_PASSWORD": "changed"})
    _edges(book, POSTGRES, ("auth", "bad_password"))
    _good(book, POSTGRES)
    book.journey(failed("database", "postgres"))


def password_changed_at_the_server(book: Notebook) -> None:
    book.healthy(*POSTGRES)
    _edges(book, POSTGRES, ("auth", "bad_password"))


def killed_redis(book: Notebook) -> None:
    book.healthy("redis", *REDIS)
    book.process("redis", "exited", code=-9, listening=False)
    _edges(book, REDIS, ("tcp", "ECONNREFUSED"))


def ended_for_want_of_room(book: Notebook, code: int = 1) -> None:
    book.healthy("postgres", *POSTGRES)
    book.process("postgres", "exited", code=code, listening=False)
    said = 'FATAL: could not write to file "pg_wal/xlogtemp.N": No space left on device'
    book.note("postgres", "log.errors", {"text": said, "count": 1}, probe="log", revision=REVISION)
    _edges(book, POSTGRES, ("tcp", "ECONNREFUSED"))


def killed_long_after_a_full_disk(book: Notebook) -> None:
    ended_for_want_of_room(book, code=-9)


def worker_that_could_not_write(book: Notebook) -> None:
    book.healthy("worker#1", "health", "journey")
    book.process("worker#1", "exited", code=1)
    book.health("unhealthy", worker=("unhealthy", "no heartbeat", 1.0))
    book.journey()
    said = "OSError: [Errno 28] No space left on device"
    book.note("worker", "log.errors", {"text": said, "count": 1}, probe="log", revision=REVISION)


def frozen_redis(book: Notebook) -> None:
    book.healthy("redis", *REDIS, "journey")
    book.process("redis", "frozen")
    _edges(book, REDIS, ("first_byte", "timeout"))
    book.journey()


def frozen_worker(book: Notebook) -> None:
    book.healthy("worker#0", "journey")
    book.process("worker#0", "frozen")
    book.journey()


def killed_worker(book: Notebook) -> None:
    book.healthy("worker#1", "health", "journey")
    book.process("worker#1", "exited", code=-9)
    book.health("unhealthy", worker=("unhealthy", "no heartbeat", 1.0))
    book.journey()


def closed_port(book: Notebook) -> None:
    book.healthy("redis", "env", *REDIS)
    book.process("redis", listening=False)
    book.env(changed={"REDIS_PORT": "changed"})
    _edges(book, REDIS, ("tcp", "ECONNREFUSED"))
    _good(book, REDIS)


def refused_while_listening(book: Notebook) -> None:
    book.healthy(*REDIS)
    _edges(book, REDIS, ("tcp", "ECONNREFUSED"))


def no_route(book: Notebook) -> None:
    book.healthy(*REDIS)
    _edges(book, REDIS, ("tcp", "ENETUNREACH"))


def port_of_another_server(book: Notebook) -> None:
    book.healthy("env", *POSTGRES)
    book.env(changed={"PG_PORT": "changed"})
    _edges(book, POSTGRES, ("first_byte", "timeout"))
    _good(book, POSTGRES)


def slow_hop(book: Notebook) -> None:
    book.healthy("env", "health", *POSTGRES)
    book.env(changed={"PG_PORT": "changed"})
    for edge in POSTGRES:
        book.edge(edge, ms=UPS, samples=(5004.1, 5003.2, 5005.0))
    _good(book, POSTGRES)
    book.health("degraded", postgres=("degraded", "over its limit", 5004.0))


def key_refused(book: Notebook) -> None:
    book.healthy("env", "worker->llm", "journey")
    book.env(changed={"LLM_KEY": "changed"})
    book.edge("worker->llm", fails=("auth", "key_refused"))
    book.edge("worker->llm", at=GOOD)
    book.journey(failed("llm_auth", "llm"), types=("agent_started", "agent_failed"))


def llm_moved(book: Notebook) -> None:
    book.healthy("env", "worker->llm", "journey")
    book.env(changed={"LLM_URL": "changed"})
    book.edge("worker->llm", fails=("tcp", "ECONNREFUSED"))
    book.edge("worker->llm", at=GOOD)
    book.journey(failed("llm_unreachable", "llm"))


def llm_of_others_hangs(book: Notebook) -> None:
    book.healthy("worker->llm", "journey", "llm")
    book.edge("worker->llm", fails=("query", "timeout"))
    book.journey()


def llm_killed(book: Notebook) -> None:
    book.healthy("llm", "worker->llm")
    book.process("llm", "exited", code=-9, listening=False)
    book.edge("worker->llm", fails=("tcp", "ECONNREFUSED"))


def model_renamed(book: Notebook) -> None:
    book.healthy("env", "worker->llm", "journey")
    book.env(changed={"LLM_MODEL": "changed"})
    book.edge("worker->llm", fails=("auth", "model_not_found"))
    book.journey(failed("llm_model", "llm"))


def rate_limited(book: Notebook) -> None:
    book.healthy("worker->llm")
    book.edge("worker->llm", fails=("query", "rate_limited"))


def pending_migration(book: Notebook) -> None:
    book.healthy("schema", "web", "health")
    book.note("schema", "schema.pending", ["0007_threads"])
    book.process("web", "exited", code=1, listening=False)
    book.note("web", "startup.failed", {"phase": "migrations", "cause": "0007_threads is pending"}, probe="log")


def events_lost(book: Notebook) -> None:
    book.healthy("journey")
    book.journey(DONE, types=("agent_completed",), missing=("agent_started",))


def server_full(book: Notebook) -> None:
    book.healthy(*POSTGRES)
    _edges(book, POSTGRES, ("auth", "too_many_clients"))


def disk_full(book: Notebook) -> None:
    book.healthy(*POSTGRES)
    _edges(book, POSTGRES, ("query", "disk_full"))


def two_at_once(book: Notebook) -> None:
    book.healthy("env", "worker->llm", *REDIS, "journey")
    book.env(("REDIS_HOST", "white_space"), changed={"REDIS_HOST": "changed", "LLM_KEY": "changed"})
    _edges(book, REDIS, ("dns", "EAI_NONAME"), stripped="ok", literal=False)
    book.edge("worker->llm", fails=("auth", "key_refused"))
    book.journey(failed("llm_auth", "llm"))


def killed_beside_wrong_password(book: Notebook) -> None:
    book.healthy("worker#0", "worker#1", "env", *REDIS)
    book.process("worker#0", "exited", code=-9)
    book.process("worker#1", "exited", code=-9)
    book.env(changed={"REDIS_PASSWORD": "changed"})
    _edges(book, REDIS, ("auth", "bad_password"))


CASES = (
    Case(
        "missing_host",
        missing_host,
        (("variable_missing", "postgres"),),
        ("process_dead", "route_broken"),
        "restore_variable",
    ),
    Case("missing_before_deploy", missing_before_deploy, (("variable_missing", "postgres"),), (), "restore_variable"),
    Case(
        "removed_from_lax_contract", removed_from_lax_contract, (("variable_missing", "redis"),), (), "restore_variable"
    ),
    Case(
        "misspelt_name",
        misspelt_name,
        (("variable_misspelt", "postgres"),),
        (),
        "restore_variable",
    ),
    Case("empty_password", empty_password, (("variable_empty", "postgres"),), (), "restore_variable"),
    Case(
        "trailing_newline",
        trailing_newline,
        (("variable_malformed", "redis"),),
        ("route_broken", "process_dead", "resolver_silent", "name_unresolved", "server_slow"),
        "strip_variable",
    ),
    Case(
        "quoted_host",
        quoted_host_in_lax_contract,
        (("variable_malformed", "redis"),),
        ("route_broken",),
        "restore_variable",
    ),
    Case(
        "unknown_name",
        unknown_name,
        (("name_unresolved", "postgres"),),
        ("route_broken", "process_dead"),
        "restore_variable",
    ),
    Case(
        "silent_resolver", silent_resolver, (("resolver_silent", "resolver"),), ("route_broken", "variable_malformed")
    ),
    Case("slow_resolver", slow_resolver, (("resolver_slow", "resolver"),), ("server_slow", "connect_delay")),
    Case(
        "wrong_password",
        wrong_password,
        (("credentials_refused", "postgres"),),
        ("process_dead", "port_closed", "route_broken", "name_unresolved"),
        "restore_variable",
    ),
    Case("password_at_server", password_changed_at_the_server, (("credentials_refused", "postgres"),)),
    Case(
        "killed_redis", killed_redis, (("process_dead", "redis"),), ("route_broken", "connection_filtered"), "restart"
    ),
    Case(
        "ended_for_want_of_room",
        ended_for_want_of_room,
        (("disk_full", "postgres"),),
        ("process_dead", "port_closed", "route_broken"),
    ),
    Case(
        "killed_long_after_a_full_disk", killed_long_after_a_full_disk, (("process_dead", "postgres"),), (), "restart"
    ),
    Case(
        "frozen_redis",
        frozen_redis,
        (("process_frozen", "redis"),),
        ("process_dead", "route_broken"),
        "continue_process",
    ),
    Case(
        "frozen_worker",
        frozen_worker,
        (("process_frozen", "worker"),),
        ("websocket_broken", "process_dead"),
        "continue_process",
    ),
    Case("worker_that_could_not_write", worker_that_could_not_write, (("worker_down", "worker"),), (), "restart"),
    Case("killed_worker", killed_worker, (("worker_down", "worker"),), ("websocket_broken",), "restart"),
    Case(
        "closed_port",
        closed_port,
        (("port_closed", "redis"),),
        ("process_dead", "connection_filtered"),
        "restore_variable",
    ),
    Case(
        "refused_while_listening",
        refused_while_listening,
        (("connection_filtered", "redis"),),
        ("process_dead", "port_closed"),
    ),
    Case(
        "no_route", no_route, (("route_broken", "redis"),), ("process_dead", "name_unresolved", "connection_filtered")
    ),
    Case(
        "port_of_another_server",
        port_of_another_server,
        (("address_wrong", "postgres"),),
        ("process_frozen",),
        "restore_variable",
    ),
    Case(
        "slow_hop",
        slow_hop,
        (("connect_delay", "postgres"),),
        ("server_slow", "resolver_slow", "process_frozen", "route_broken"),
        "restore_variable",
    ),
    Case(
        "key_refused",
        key_refused,
        (("llm_key_refused", "llm"),),
        ("websocket_broken", "process_dead", "llm_unreachable", "llm_slow"),
        "restore_variable",
    ),
    Case(
        "llm_moved", llm_moved, (("llm_unreachable", "llm"),), ("websocket_broken", "process_dead"), "restore_variable"
    ),
    Case("llm_of_others_hangs", llm_of_others_hangs, (("llm_slow", "llm"),), ("websocket_broken", "llm_key_refused")),
    Case("llm_killed", llm_killed, (("process_dead", "llm"),), ("route_broken",), "restart"),
    Case("model_renamed", model_renamed, (("llm_model_unknown", "llm"),), ("websocket_broken",), "restore_variable"),
    Case("rate_limited", rate_limited, (("llm_limited", "llm"),), ("llm_key_refused",)),
    Case(
        "pending_migration",
        pending_migration,
        (("migration_missing", "postgres"),),
        ("process_dead",),
        "run_migrations",
    ),
    Case("events_lost", events_lost, (("event_contract_broken", "web"),), ("websocket_broken",), "roll_back"),
    Case("server_full", server_full, (("connections_exhausted", "postgres"),), ("process_dead",)),
    Case("disk_full", disk_full, (("disk_full", "postgres"),), ("process_dead",)),
    Case(
        "two_at_once", two_at_once, (("variable_malformed", "redis"), ("llm_key_refused", "llm")), (), "strip_variable"
    ),
    Case(
        "killed_beside_wrong_password",
        killed_beside_wrong_password,
        (("worker_down", "worker"), ("credentials_refused", "redis")),
        (),
        "restart",
    ),
)
