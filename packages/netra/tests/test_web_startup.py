"""A start that cannot succeed stops at a named phase with its cause; one that can goes on, degraded."""

import asyncio
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netra_doors import opened, spawned, written

from netra.embedded.ports import free_port
from netra.settings.model import PostgresSettings


async def refused(environ: Mapping[str, str], folder: Path, port: int = 0) -> tuple[int, list[str]]:
    """The exit code and the log of a start that fails."""
    log = folder / "web.log"
    process = await spawned(environ, port or free_port(), log)
    code = await asyncio.wait_for(process.wait(), 40)
    return code, written(log).splitlines()


def failed_phase(lines: list[str]) -> dict[str, Any]:
    """The one failed phase in the log."""
    records = [json.loads(line) for line in lines if line.startswith("{")]
    failed = [r for r in records if r["event"] == "startup phase" and r["outcome"] == "failed"]
    assert len(failed) == 1, lines
    return failed[0]


async def test_migrations_that_are_pending_stop_it(
    environ: Mapping[str, str], empty_database: PostgresSettings, tmp_path: Path
) -> None:
    code, lines = await refused({**environ, "POSTGRES_DB": empty_database.db}, tmp_path)
    assert code == 1
    phase = failed_phase(lines)
    assert phase["phase"] == "migrations"
    assert "0001_core" in phase["cause"]
    assert lines[-1].startswith("startup_failed: migrations: phase migrations failed: not applied: 0001_core")
    assert lines[-1].endswith("run `netra migrate`")


async def test_a_wrong_password_of_postgres_stops_it(environ: Mapping[str, str], tmp_path: Path) -> None:
    code, lines = await refused({**environ, "POSTGRES_PASSWORD": "wrong-wrong-wrong-wrong-wrong-wrong"}, tmp_path)
    phase = failed_phase(lines)
    assert (code, phase["phase"]) == (1, "postgres")
    assert phase["cause"].startswith("auth:")
    assert "POSTGRES_PASSWORD" in lines[-1]
    assert "wrong-wrong" not in "\n".join(lines)


async def test_a_wrong_password_of_valkey_stops_it(environ: Mapping[str, str], tmp_path: Path) -> None:
    code, lines = await refused({**environ, "REDIS_PASSWORD": "wrong-wrong-wrong-wrong-wrong-wrong"}, tmp_path)
    phase = failed_phase(lines)
    assert (code, phase["phase"]) == (1, "valkey")
    assert "REDIS_PASSWORD" in phase["cause"]
    assert "wrong-wrong" not in "\n".join(lines)


async def test_a_host_that_does_not_resolve_stops_it(environ: Mapping[str, str], tmp_path: Path) -> None:
    code, lines = await refused({**environ, "POSTGRES_HOST": "no-such-host.invalid"}, tmp_path)
    phase = failed_phase(lines)
    assert (code, phase["phase"]) == (1, "postgres")
    assert phase["cause"].startswith("dns:")


async def test_a_port_that_is_taken_stops_it(environ: Mapping[str, str], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, lines = await refused(environ, tmp_path, taken.getsockname()[1])
    assert code == 1
    assert "phase doors failed" in lines[-1]
    assert "WEB_PORT" in lines[-1]


async def test_a_contract_that_is_broken_stops_it_before_anything_else(
    environ: Mapping[str, str], tmp_path: Path
) -> None:
    without = {k: v for k, v in environ.items() if k != "AUTH_SIGNING_KEY"}
    code, lines = await refused(without, tmp_path)
    assert code == 2
    assert len(lines) == 1
    assert "AUTH_SIGNING_KEY" in lines[0]


async def test_without_clickhouse_and_model_it_starts_degraded_and_says_why(
    environ: Mapping[str, str], tmp_path: Path
) -> None:
    degraded = {
        **environ,
        "CLICKHOUSE_PASSWORD": "wrong-wrong-wrong-wrong-wrong-wrong",
        "LLM_BASE_URL": f"http://127.0.0.1:{free_port()}/v1",
        "LLM_MODEL": "absent",
        "LLM_API_KEY": "a-key-of-a-model-that-is-not-there-at-all",
    }
    async with opened(degraded, tmp_path) as door:
        phases = {p["name"]: p for p in (await door.http.get("/api/health")).json()["startup"]}
        assert {n for n, p in phases.items() if p["outcome"] == "degraded"} == {"clickhouse", "llm"}
        assert "CLICKHOUSE_PASSWORD" in phases["clickhouse"]["message"]
        assert "nothing listens" in phases["llm"]["message"]
        assert (await door.http.get("/health/ready")).status_code == 200
        assert "wrong-wrong" not in written(door.log)


async def test_a_key_that_the_model_refuses_is_said_so(
    environ: Mapping[str, str], model: Mapping[str, str], tmp_path: Path
) -> None:
    wrong = {**environ, **model, "LLM_API_KEY": "wrong-wrong-wrong-wrong-wrong-wrong"}
    async with opened(wrong, tmp_path) as door:
        phases = {p["name"]: p for p in (await door.http.get("/api/health")).json()["startup"]}
        assert phases["llm"]["outcome"] == "degraded"
        ready = await door.http.get("/health/ready")
        said = "auth: key refused (401); check LLM_API_KEY"
        assert phases["llm"]["message"] == said
        assert (ready.status_code, ready.json()["reasons"]) == (503, [{"component": "llm", "message": said}])
