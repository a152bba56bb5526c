"""Valkey's and Redis' own views: memory, clients, role, persistence, settings and the slow log."""

from collections import Counter
from contextlib import suppress
from typing import Any

from pydantic import JsonValue
from redis.exceptions import RedisError, ResponseError

from goldenpath.probes import redis
from goldenpath.probes.address import Target
from goldenpath.probes.dns import SockAddr
from goldenpath.probes.phase import timed
from goldenpath.probes.views import Asked, Views

SETTINGS = (
    "maxmemory",
    "maxmemory-policy",
    "maxclients",
    "timeout",
    "appendonly",
    "appendfsync",
    "save",
    "stop-writes-on-bgsave-error",
    "min-replicas-to-write",
    "replica-read-only",
    "protected-mode",
    "notify-keyspace-events",
    "client-output-buffer-limit",
)
COUNTERS = ("rejected_connections", "evicted_keys", "expired_keys", "total_error_replies")
"""What INFO counts since the server started."""
SLOWEST = 10
"""Entries of the slow log that are read."""
COMMANDS: dict[str, tuple[str, ...]] = {
    "info": ("INFO",),
    "clients": ("CLIENT", "LIST"),
    "settings": ("CONFIG", "GET", "*"),
    "slow": ("SLOWLOG", "GET", str(SLOWEST)),
    "now": ("TIME",),
}
Fields = dict[str, str]


async def ask(target: Target, address: SockAddr, timeout_s: float) -> Asked:
    """Every view that this log-in may read."""
    connection = redis.connection_to(target, address, timeout_s)
    try:
        entered, _ = await timed("auth", connection.connect(), timeout_s, redis.error_name)
        if entered.error:
            return Asked(failed=entered)
        return await _read(connection, timeout_s)
    finally:
        with suppress(OSError, RedisError):
            await connection.disconnect(nowait=True)


async def _read(connection: Any, timeout_s: float) -> Asked:
    query, found = await timed("query", _answers(connection), timeout_s, redis.error_name)
    if query.error or found is None:
        return Asked(failed=query)
    refused = {name: str(answer) for name, answer in found.items() if isinstance(answer, ResponseError)}
    return Asked(views=dict(_views({n: a for n, a in found.items() if n not in refused})), refused=refused)


async def _answers(connection: Any) -> dict[str, Any]:
    """The answer to each command; one that this log-in may not use is answered with the error itself.

    All are sent at once, for a server that one client holds up answers a waiting connection seldom.
    """
    await connection.send_packed_command(connection.pack_commands(COMMANDS.values()))
    return {name: await _answer(connection) for name in COMMANDS}


async def _answer(connection: Any) -> Any:
    try:
        return await connection.read_response()
    except ResponseError as error:
        return error


def _views(answers: dict[str, Any]) -> Views:
    info = fields(_text(answers.get("info", b"")))
    found: Views = {}
    if info:
        found |= {"memory": _memory(info), "role": _role(info), "persistence": _persistence(info)}
        found["connections"] = _connections(info, _text(answers.get("clients", b"")))
        found["activity"] = _numbers(info, COUNTERS)
    if "settings" in answers:
        words = [_text(word) for word in answers["settings"]]
        settings = dict(zip(words[::2], words[1::2], strict=False))
        found["settings"] = {name: settings[name] for name in SETTINGS if name in settings}
    if "slow" in answers and "now" in answers:
        found["slow"] = [_slow(entry, int(answers["now"][0])) for entry in answers["slow"]]
    return found


def fields(text: str) -> Fields:
    """The lines `name:value` of INFO."""
    pairs = (line.partition(":") for line in text.splitlines() if ":" in line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def _memory(info: Fields) -> JsonValue:
    numbers = _numbers(info, ("used_memory", "maxmemory", "used_memory_rss", "total_system_memory"))
    return {
        "used": numbers.get("used_memory", 0),
        "max": numbers.get("maxmemory", 0),
        "resident": numbers.get("used_memory_rss", 0),
        "policy": info.get("maxmemory_policy", ""),
    }


def _role(info: Fields) -> JsonValue:
    return {
        "role": info.get("role", ""),
        "link": info.get("master_link_status", ""),
        "version": info.get("valkey_version") or info.get("redis_version", ""),
    }


def _persistence(info: Fields) -> JsonValue:
    return {
        "loading": info.get("loading") == "1",
        "last_save": info.get("rdb_last_bgsave_status", ""),
        "last_write": info.get("aof_last_write_status", ""),
        "unsaved": _numbers(info, ("rdb_changes_since_last_save",)).get("rdb_changes_since_last_save", 0),
    }


def _connections(info: Fields, clients: str) -> JsonValue:
    numbers = _numbers(info, ("connected_clients", "maxclients", "blocked_clients"))
    names = Counter(_name(line) for line in clients.splitlines() if line.strip())
    by: dict[str, JsonValue] = dict(names.most_common(8))
    return {
        # Without this probe's own.
        "used": max(0, _whole(info, "connected_clients") - 1),
        "max": numbers.get("maxclients", 0),
        "blocked": numbers.get("blocked_clients", 0),
        "by": by,
    }


def _name(line: str) -> str:
    """A client's own name, else its library, else the host it comes from."""
    told = {key: value for key, _, value in (word.partition("=") for word in line.split())}
    return told.get("name") or told.get("lib-name") or told.get("addr", "").rpartition(":")[0] or "unnamed"


def _slow(entry: Any, now: int) -> JsonValue:
    """One entry: only the command's name, for its arguments may be secrets."""
    at, took, words = int(entry[1]), int(entry[2]), entry[3]
    return {"age_s": now - at, "ms": round(took / 1000, 3), "command": _text(words[0]).upper() if words else ""}


def _numbers(info: Fields, names: tuple[str, ...]) -> dict[str, JsonValue]:
    return {name: int(info[name]) for name in names if info.get(name, "").lstrip("-").isdigit()}


def _whole(info: Fields, name: str) -> int:
    return int(info[name]) if info.get(name, "").isdigit() else 0


def _text(raw: Any) -> str:
    return raw.decode(errors="replace") if isinstance(raw, bytes) else str(raw)
