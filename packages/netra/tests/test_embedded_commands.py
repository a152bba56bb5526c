"""`netra embedded X` as people and process lists use it: foreground processes, signals, and no orphans."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - asyncpg ships none
import clickhouse_connect
import httpx
import pytest
import redis

from netra.embedded.holder import start_ticks
from netra.embedded.ports import free_port

DATASTORES = ("postgres", "valkey", "clickhouse")
SECRET = secrets.token_urlsafe(32)
PORTS = {
    "postgres": "POSTGRES_PORT",
    "valkey": "REDIS_PORT",
    "clickhouse": "CLICKHOUSE_PORT",
}
READY_S = 60.0


def until(condition: Callable[[], object], what: str, within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about in {within_s} s"
        time.sleep(0.02)


def contract(state: Path) -> dict[str, str]:
    return {
        **{name: str(free_port()) for name in PORTS.values()},
        "NETRA_STATE_DIR": str(state),
        "POSTGRES_PASSWORD": SECRET,
        "REDIS_PASSWORD": SECRET,
        "CLICKHOUSE_PASSWORD": SECRET,
        "LLM_BASE_URL": f"http://127.0.0.1:{free_port()}/v1",
        "LLM_MODEL": "tiny",
        "LLM_API_KEY": SECRET,
    }


@contextmanager
def serving(component: str, environ: Mapping[str, str]) -> Generator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The command in the foreground, and its ready line."""
    argv = [sys.executable, "-m", "netra.cli.main", "embedded", component]
    with subprocess.Popen(argv, env={**os.environ, **environ}, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            line = process.stderr.readline()
            assert '"ready"' in line, line + process.stderr.read()
            yield process, json.loads(line)
        finally:
            process.kill()


def refused(component: str, environ: Mapping[str, str]) -> str:
    """What the command says when it does not start."""
    argv = [sys.executable, "-m", "netra.cli.main", "embedded", component]
    done = subprocess.run(
        argv, env={**os.environ, **environ}, capture_output=True, text=True, timeout=READY_S, check=False
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stderr


def gone(pid: int) -> bool:
    return start_ticks(pid) == 0


async def write(component: str, environ: Mapping[str, str], number: int) -> None:
    match component:
        case "postgres":
            await _sql(environ, "create table if not exists kept (n int)")
            await _sql(environ, "insert into kept values ($1)", number)
        case "valkey":
            _valkey(environ).rpush("kept", number)
        case _:
            client = _clickhouse(environ)
            client.command("create table if not exists kept (n Int32) engine = MergeTree order by n")
            client.insert("kept", [[number]], column_names=["n"])
            client.close()


async def read(component: str, environ: Mapping[str, str]) -> list[int]:
    match component:
        case "postgres":
            return [row["n"] for row in await _sql(environ, "select n from kept order by n")]
        case "valkey":
            return [int(n) for n in _valkey(environ).lrange("kept", 0, -1)]
        case _:
            client = _clickhouse(environ)
            rows = client.query("select n from kept order by n").result_rows
            client.close()
            return [row[0] for row in rows]


async def _sql(environ: Mapping[str, str], statement: str, *arguments: object) -> Any:
    module: Any = asyncpg
    connection = await module.connect(
        host="127.0.0.1",
        port=int(environ["POSTGRES_PORT"]),
        user="netra",
        password=SECRET,
        database="netra",
    )
    try:
        return await connection.fetch(statement, *arguments)
    finally:
        await connection.close()


def _valkey(environ: Mapping[str, str]) -> Any:
    return redis.Redis(host="127.0.0.1", port=int(environ["REDIS_PORT"]), password=SECRET)


def _clickhouse(environ: Mapping[str, str]) -> Any:
    module: Any = clickhouse_connect
    return module.get_client(host="127.0.0.1", port=int(environ["CLICKHOUSE_PORT"]), password=SECRET)


@pytest.mark.parametrize("component", DATASTORES)
async def test_data_survives_kill_9_of_the_launcher(component: str, state_dir: Path) -> None:
    environ = contract(state_dir)
    with serving(component, environ) as (process, ready):
        await write(component, environ, 1)
        process.kill()
        process.wait()
        until(lambda: gone(ready["server"]), "the end of the server")
    with serving(component, environ):
        await write(component, environ, 2)
        assert await read(component, environ) == [1, 2]


@pytest.mark.parametrize("component", DATASTORES)
async def test_data_survives_kill_9_of_the_server_and_the_launcher_says_that_it_ended(
    component: str, state_dir: Path
) -> None:
    environ = contract(state_dir)
    with serving(component, environ) as (process, ready):
        await write(component, environ, 1)
        os.kill(ready["server"], signal.SIGKILL)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 1
        assert f"{component}: ended by itself with exit code -9" in said
    with serving(component, environ):
        assert await read(component, environ) == [1]


@pytest.mark.parametrize("component", DATASTORES)
def test_a_second_start_names_who_holds_the_data(component: str, state_dir: Path) -> None:
    environ = contract(state_dir)
    with serving(component, environ) as (process, _):
        said = refused(component, {**environ, PORTS[component]: str(free_port())})
        assert f"{state_dir / component} is held by process {process.pid} since 20" in said


@pytest.mark.parametrize("component", [*DATASTORES, "llm"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_launcher_and_server_in_order(component: str, number: signal.Signals, state_dir: Path) -> None:
    with serving(component, contract(state_dir)) as (process, ready):
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
        assert gone(ready["server"])


@pytest.mark.parametrize("component", [*DATASTORES, "llm"])
def test_launcher_and_server_end_when_their_parent_dies(component: str, state_dir: Path) -> None:
    program = (
        "import subprocess, sys, time\n"
        "command = [sys.executable, '-m', 'netra.cli.main', 'embedded', sys.argv[1]]\n"
        "subprocess.Popen(command)\n"
        "time.sleep(600)\n"
    )
    environ = {**os.environ, **contract(state_dir)}
    argv = [sys.executable, "-c", program, component]
    with subprocess.Popen(argv, env=environ, stderr=subprocess.PIPE, text=True) as parent:
        assert parent.stderr
        ready = json.loads(parent.stderr.readline())
        parent.kill()
    until(lambda: gone(ready["pid"]) and gone(ready["server"]), "the end of both")


@pytest.mark.parametrize("component", [*DATASTORES, "llm"])
def test_no_secret_is_in_a_command_line_or_a_log(component: str, state_dir: Path) -> None:
    with serving(component, contract(state_dir)) as (process, ready):
        lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in (process.pid, ready["server"])]
        assert all(lines)
        assert not any(SECRET in line for line in lines)
    logs = list((state_dir / "logs").iterdir())
    assert logs
    assert not any(SECRET in log.read_text() for log in logs)


@pytest.mark.parametrize("component", [*DATASTORES, "llm"])
def test_a_port_that_is_taken_is_refused_by_name(component: str, state_dir: Path) -> None:
    environ = contract(state_dir)
    port = environ.get(PORTS.get(component, "")) or environ["LLM_BASE_URL"].rpartition(":")[2].removesuffix("/v1")
    with serving("valkey", {**environ, "REDIS_PORT": port, "NETRA_STATE_DIR": str(state_dir / "other")}):
        assert f"{component}: port {port} cannot be used: Address already in use" in refused(component, environ)


async def test_postgres_says_that_a_cluster_keeps_its_password(state_dir: Path) -> None:
    environ = contract(state_dir)
    with serving("postgres", environ) as (process, _):
        process.terminate()
        process.wait(timeout=20)
    said = refused("postgres", {**environ, "POSTGRES_PASSWORD": secrets.token_urlsafe(32)})
    assert "postgres: role 'netra' was refused by the cluster" in said


def test_a_weak_password_is_refused_before_anything_starts(state_dir: Path) -> None:
    said = refused("valkey", {**contract(state_dir), "REDIS_PASSWORD": "short"})
    assert "REDIS_PASSWORD is 5 characters long; at least 32 are needed" in said
    assert not (state_dir / "valkey").exists()


def test_a_missing_password_is_named(state_dir: Path) -> None:
    environ = contract(state_dir)
    del environ["CLICKHOUSE_PASSWORD"]
    assert "CLICKHOUSE_PASSWORD: not set" in refused("clickhouse", environ)


def test_the_model_demands_its_key_and_streams_with_usage(state_dir: Path) -> None:
    environ = contract(state_dir)
    question = {
        "model": "tiny",
        "messages": [{"role": "user", "content": "Say hello."}],
        "max_tokens": 8,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    with serving("llm", environ), httpx.Client(base_url=environ["LLM_BASE_URL"], timeout=60, trust_env=False) as client:
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            assert client.post("/chat/completions", json=question, headers=headers).status_code == 401
            assert client.get("/models", headers=headers).status_code == 401
        client.headers["Authorization"] = f"Bearer {SECRET}"
        assert [m["id"] for m in client.get("/models").json()["data"]] == ["tiny"]
        text = client.post("/chat/completions", json=question).text
        chunks = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
        assert "data: [DONE]" in text
        assert "".join(c["delta"].get("content") or "" for chunk in chunks for c in chunk["choices"])
        assert chunks[-1]["usage"]["completion_tokens"] == 8
