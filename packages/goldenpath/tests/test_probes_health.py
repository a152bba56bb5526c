import json
from datetime import UTC, datetime

import pytest
from observing import values
from peers import Answer, closing, http, peer, silent
from pydantic import JsonValue
from sample import system
from servers import free_port

from goldenpath.facts import Observation
from goldenpath.probes.health import probe_health
from goldenpath.probes.record import Recorder


def door(health: object, *, status: int = 200, version: object = None, ready: int = 200) -> Answer:
    """The three documents."""
    bodies: dict[str, tuple[int, object]] = {
        "/health": (status, health),
        "/ready": (ready, {"ready": ready == 200}),
        "/version": (200, version or "{}"),
    }

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        assert method == "GET"
        del headers, body
        code, document = bodies[path]
        return code, document if isinstance(document, str) else json.dumps(document)

    return answer


async def ask(answer: Answer) -> tuple[Observation, ...]:
    async with peer(http(answer)) as port:
        return await probe_health(Recorder(), system(), f"http://127.0.0.1:{port}", revision="r1")


def dependencies(seen: tuple[Observation, ...]) -> list[JsonValue]:
    return [o.value for o in seen if o.name == "health.dependency"]


async def test_a_healthy_system_tells_status_revision_and_fingerprint() -> None:
    seen = await ask(door({"status": "healthy"}, version={"revision": "r1", "fingerprint": "f"}))
    found = values(seen)
    assert (found["health.status"], found["health.ready"]) == ("healthy", True)
    assert (found["version.revision"], found["version.fingerprint"]) == ("r1", "f")
    assert {(o.subject, o.revision) for o in seen} == {("api", "r1")}


@pytest.mark.parametrize(
    "parts",
    [
        {"dependencies": {"db": {"status": "failed", "message": "no route", "failed_at": "connect", "dns_ms": 1.5}}},
        {"checks": [{"name": "db", "status": "failed", "failed_at": "connect", "error": "no route", "ms": 1.5}]},
    ],
)
async def test_dependencies_are_read_in_either_shape(parts: dict[str, object]) -> None:
    seen = await ask(door({"status": "degraded", **parts}, status=503))
    assert values(seen)["health.status"] == "degraded"
    assert dependencies(seen) == [{"name": "db", "status": "failed", "error": "connect: no route", "ms": 1.5}]


async def test_since_when_a_status_stands_is_kept_where_the_document_says_it_with_a_zone() -> None:
    parts = [
        {"name": "db", "status": "failed", "since": "2026-01-01T10:00:00+00:00"},
        {"name": "x", "status": "ok", "since": "yesterday"},
        {"name": "y", "status": "ok", "since": "2026-01-01T10:00:00"},
    ]
    seen = await ask(door({"status": "degraded", "checks": parts}))
    told = [o.since for o in seen if o.name == "health.dependency"]
    assert told == [datetime(2026, 1, 1, 10, tzinfo=UTC), None, None]


async def test_a_dependency_that_is_well_has_no_error() -> None:
    seen = await ask(door({"status": "ok", "dependencies": {"db": {"status": "ok", "message": "fine"}, "x": "up"}}))
    assert [d["error"] for d in dependencies(seen) if isinstance(d, dict)] == ["", ""]


@pytest.mark.parametrize(("status", "says"), [(200, "healthy"), (503, "unhealthy")])
async def test_a_document_without_words_is_judged_by_its_status(status: int, says: str) -> None:
    for body in ("", "[1]", "OK", "{}"):
        assert values(await ask(door(body, status=status)))["health.status"] == says


async def test_not_ready_gives_its_reasons() -> None:
    seen = await ask(door({"status": "ok"}, ready=503))
    (ready,) = [o for o in seen if o.name == "health.ready"]
    assert ready.value is False
    assert "503" in ready.text


async def test_a_shut_door_is_unreachable() -> None:
    seen = await probe_health(Recorder(), system(), f"http://127.0.0.1:{free_port()}")
    assert values(seen) == {"health.status": "unreachable"}
    assert "ECONNREFUSED" in seen[0].text


async def test_a_door_that_hangs_up_is_unreachable() -> None:
    async with peer(closing) as port:
        seen = await probe_health(Recorder(), system(), f"http://127.0.0.1:{port}")
    assert values(seen) == {"health.status": "unreachable"}


async def test_a_silent_door_times_out() -> None:
    async with peer(silent) as port:
        seen = await probe_health(Recorder(), system(), f"http://127.0.0.1:{port}", timeout_s=0.3)
    assert values(seen) == {"health.status": "timeout"}
