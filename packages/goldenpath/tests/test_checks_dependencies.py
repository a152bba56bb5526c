"""The observed graph beside the declared one, and limits that come near."""

from pydantic import JsonValue
from sample import system

from goldenpath.checks.judge import judge
from goldenpath.checks.verdict import verdict_of
from goldenpath.facts import Finding
from goldenpath.probes.record import Recorder


def findings(check: str, *facts: tuple[str, str, str, dict[str, JsonValue]]) -> list[Finding]:
    recorder = Recorder()
    seen = [recorder.observe(probe=p, subject=s, name=n, value=v) for p, s, n, v in facts]
    return [f for f in judge(system(), seen) if f.check == check]


def held(source: str, to: str, address: str = "127.0.0.1:5432") -> tuple[str, str, str, dict[str, JsonValue]]:
    return "connections", source, "connections.to", {"to": to, "states": {}, "count": 2, "address": address}


def test_declared_connections_are_no_finding() -> None:
    (one,) = findings("dependencies", held("api", "db"), held("api", "cache"))
    assert (one.verdict, one.statement) == ("pass", "2 connected pairs, all of them declared")


def test_a_connection_that_no_edge_declares_is_told_and_does_not_block() -> None:
    (one,) = findings("dependencies", held("api", "db"), held("cache", "db"))
    assert one.statement == "cache holds 2 connections to db (127.0.0.1:5432), which no edge declares"
    assert one.observations == ("o2",)
    assert verdict_of([one]) != "fail"


def test_a_connection_out_of_the_system_names_the_address() -> None:
    (one,) = findings("dependencies", held("api", "elsewhere", "10.9.8.7:6379"))
    assert "10.9.8.7:6379" in one.statement


def test_limits_that_are_near() -> None:
    room: dict[str, JsonValue] = {"folder": "/data", "free": 1, "total": 100, "read_only": False}
    found = findings(
        "limits",
        ("host", "api", "host.files", {"pid": 1, "open": 90, "limit": 100}),
        ("host", "db", "host.disk", room),
        ("host", "cache", "host.kills", {"count": 2, "pid": None}),
    )
    assert [f.statement for f in found] == [
        "90 of 100 files are open",
        "1.0% of the disk at /data is free",
        "the kernel has killed 2 processes of it for memory",
    ]
    assert not any(f.required for f in found)


def test_what_is_out_of_order_inside_a_server() -> None:
    recorder = Recorder()
    facts: tuple[tuple[str, JsonValue], ...] = (
        ("server.connections", {"used": 90, "max": 100}),
        ("server.memory", {"used": 10, "max": 0}),
        ("server.blocked", [{"waits_s": 4.2}, {"waits_s": 0.1}]),
        ("server.setting_changed", {"name": "work_mem", "before": "4096", "after": "64"}),
        ("server.schema_changed", {"kind": "index", "name": "public.a", "change": "missing"}),
        ("server.connections", {"used": 3, "max": 100}),
    )
    seen = [recorder.observe(probe="server", subject="db", name=n, value=v) for n, v in facts]
    found = [f for f in judge(system(), seen) if f.check == "server"]
    assert [f.statement for f in found] == [
        "90 of 100 connections are taken",
        "2 statements wait for locks, one for 4 s",
        "its setting work_mem was 4096 when all was well, and is 64",
        "its index public.a is missing since all was well",
    ]
    assert not any(f.required for f in found)


def test_limits_that_are_far() -> None:
    room: dict[str, JsonValue] = {"folder": "/data", "free": 60, "total": 100, "read_only": False}
    assert not findings(
        "limits",
        ("host", "api", "host.files", {"pid": 1, "open": 9, "limit": 100}),
        ("host", "api", "host.files", {"pid": 1, "open": 9, "limit": None}),
        ("host", "db", "host.disk", room),
        ("host", "cache", "host.kills", {"count": 0, "pid": None}),
    )
