"""Runs that are told to end: cancelled wherever they are, by a newer message, or because their worker leaves."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from netra_doors import Door, Person, heard, said, said_and_heard
from netra_models import endpoint, text
from netra_relays import relayed
from netra_runs import Scene, Script, WorkerProcess, scene, settings_of, worker

from netra.analytics.schema import ensure
from netra.events.union import AgentCompletedData, Event, RunCancelledData
from netra.runs import cancel
from netra.stores import clickhouse

SOON_S = 3.0
"""A cancelled run ends within a second; two busy cores may take a little longer."""
EXIT_S = 15.0
QUESTION = "what did my workloads cost by model?"


@pytest.fixture
async def here(environ: Mapping[str, str]) -> AsyncGenerator[Scene]:
    async with scene(settings_of(environ)) as made:
        client = await clickhouse.open_client(made.settings.clickhouse)
        await ensure(client)
        await client.close()
        yield made


@asynccontextmanager
async def silent_clickhouse(environ: Mapping[str, str], here: Scene, folder: Path) -> AsyncGenerator[WorkerProcess]:
    """A worker whose tools wait for an answer of ClickHouse that does not come."""
    async with (
        relayed(int(environ["CLICKHOUSE_PORT"])) as relay,
        worker({**environ, "CLICKHOUSE_PORT": str(relay.port)}, folder) as working,
    ):
        await here.finished((await here.ask(QUESTION)).run_id)
        await relay.silence()
        yield working


def in_a_tool(events: list[Event]) -> bool:
    return sum(event.type == "tool_executing" for event in events) == 1


async def cancelled(here: Scene, run_id: Any) -> float:
    """Cancel the run, and see it end lawfully; answers how long that took."""
    began = time.perf_counter()
    await cancel.request(here.pool, here.publisher, run_id, by="owner")
    events = await here.finished(run_id, within_s=SOON_S)
    assert isinstance(events[-1].data, RunCancelledData)
    return time.perf_counter() - began


async def test_a_run_that_waits_behind_another_of_its_thread_is_cancelled_at_once(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    async with worker(environ, tmp_path, Script(calls=1, seconds=1)):
        first = await here.ask()
        await here.until(first.run_id, in_a_tool)
        second = await here.ask(thread_id=first.thread_id)
        await cancelled(here, second.run_id)
        events = await here.finished(first.run_id)
    assert isinstance(events[-1].data, AgentCompletedData)


async def test_a_run_is_cancelled_within_a_second_at_whatever_moment_of_its_claim(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    async with worker(environ, tmp_path, Script(calls=1, seconds=10)):
        for milliseconds in range(0, 20, 2):
            run = await here.ask()
            await asyncio.sleep(milliseconds / 1000)
            await cancelled(here, run.run_id)


async def test_a_run_in_a_model_call_is_cancelled_within_a_second(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    async with endpoint(lambda _: None) as silent, worker({**environ, **silent.environ}, tmp_path):
        run = await here.ask()
        await here.until(run.run_id, lambda _: bool(silent.asked))
        await cancelled(here, run.run_id)


async def test_a_run_in_a_query_is_cancelled_within_a_second(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    async with silent_clickhouse(environ, here, tmp_path):
        run = await here.ask(QUESTION)
        await here.until(run.run_id, in_a_tool)
        await cancelled(here, run.run_id)


@pytest.mark.slow
async def test_a_worker_in_a_model_call_leaves_in_time_and_its_run_goes_on_elsewhere(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    def answer(_: dict[str, Any]) -> bytes | None:
        return None if len(silent.asked) == 1 else text("About usage.")

    own = {"LLM_ROLES": "triage"}
    async with endpoint(answer) as silent, worker({**environ, **silent.environ, **own}, tmp_path) as leaving:
        run = await here.ask(QUESTION)
        await here.until(run.run_id, lambda _: bool(silent.asked))
        await left(leaving)
        async with worker({**environ, **silent.environ, **own}, tmp_path):
            events = await here.finished(run.run_id)
    assert isinstance(events[-1].data, AgentCompletedData)


@pytest.mark.slow
async def test_a_worker_in_a_query_leaves_in_time_and_its_run_goes_on_within_two_seconds(
    environ: Mapping[str, str], here: Scene, tmp_path: Path
) -> None:
    async with silent_clickhouse(environ, here, tmp_path) as leaving:
        run = await here.ask(QUESTION)
        await here.until(run.run_id, in_a_tool)
        async with worker(environ, tmp_path):
            await left(leaving)
            gone = time.perf_counter()
            events = await here.finished(run.run_id)
    assert time.perf_counter() - gone < 2 + SOON_S
    assert isinstance(events[-1].data, AgentCompletedData)


async def left(leaving: WorkerProcess) -> None:
    """Tell it to stop: it ends in time and in order."""
    os.kill(leaving.pid, signal.SIGTERM)
    assert await asyncio.wait_for(leaving.process.wait(), EXIT_S) == 0, leaving.log_text()
    assert leaving.said("left to another worker")


async def socket_asks(door: Door, person: Person, *messages: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Say these in one thread, and hear everything until each run that was accepted has ended."""
    frames: list[dict[str, Any]] = []
    async with door.socket(person) as socket:
        accepted = await said_and_heard(socket, type="user_message", content="cost of one?")
        for message in messages:
            await said(socket, type="user_message", thread_id=accepted["thread_id"], **message)
        frames.append(accepted)
        while len([f for f in frames if _ended(f)]) < 1 + len(messages):
            frames.append(await heard(socket, timeout_s=30))
    return frames


def _ended(frame: Mapping[str, Any]) -> bool:
    last = frame["type"] in ("agent_failed", "run_cancelled") or frame.get("data", {}).get("final") is True
    return last or frame["type"] == "error"


@pytest.mark.parametrize(
    ("policy", "ends"),
    [
        ("enqueue", ["agent_completed", "agent_completed"]),
        ("reject", ["error", "agent_completed"]),
        ("interrupt", ["run_cancelled", "agent_completed"]),
    ],
)
async def test_a_message_into_a_busy_thread_follows_its_policy(
    door: Door, environ: Mapping[str, str], tmp_path: Path, policy: str, ends: list[str]
) -> None:
    async with worker(environ, tmp_path, Script(calls=1, seconds=0.7)):
        frames = await socket_asks(door, await door.person(), {"content": "cost of two?", "policy": policy})
    assert [frame["type"] for frame in frames if _ended(frame)] == ends
    if policy == "interrupt":
        assert next(f for f in frames if f["type"] == "run_cancelled")["data"]["by"] == "a newer message"
    if policy == "reject":
        assert next(f for f in frames if f["type"] == "error")["code"] == "conflict"
