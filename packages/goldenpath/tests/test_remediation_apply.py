"""Fixes applied to real processes: they act once, verify, refuse what has no reason, and never make it worse."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from small_system import write_small_system

from goldenpath.deploy.local.target import LocalTarget
from goldenpath.deploy.target import ProcessStatus
from goldenpath.facts import (
    Action,
    ContinueProcess,
    Fix,
    Restart,
    RestoreVariable,
    RollBack,
    RunMigrations,
    SetVariable,
    StripVariable,
)
from goldenpath.manifest.model import System
from goldenpath.remediation.apply import apply, undo
from goldenpath.remediation.processes import severity

SOON_S = 20.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("remediation")


@pytest.fixture(scope="module")
def system(folder: Path) -> System:
    return write_small_system(folder)


@pytest.fixture(scope="module")
async def target(system: System, folder: Path) -> AsyncIterator[LocalTarget]:
    """One environment for this file; revision r1 is live and good."""
    made = LocalTarget(system, folder, "local", drain_s=0.2)
    await made.ensure()
    try:
        first = await made.prepare({})
        started = await made.start(first.name)
        assert started.ready, started.statement
        await made.promote(first.name)
        made.mark_good(first.name)
        yield made
    finally:
        await made.down()


def fix(*actions: Action) -> Fix:
    return Fix(
        id="fix-1",
        cause="a_cause",
        component="worker",
        actions=actions,
        permission="auto",
        expected="it is well",
        fingerprint="0",
    )


async def workers(target: LocalTarget) -> list[ProcessStatus]:
    return [p for p in await target.processes() if p.component == "worker"]


async def until(target: LocalTarget, state: str, pid: int) -> None:
    async with asyncio.timeout(SOON_S):
        while state not in [p.state for p in await workers(target) if p.pid == pid]:  # noqa: ASYNC110 - as it says
            await asyncio.sleep(0.02)


async def test_a_variable_is_restored_from_the_last_good_revision(target: LocalTarget, system: System) -> None:
    bad = await target.prepare({"APP_COLOUR": "red"}, based_on="r1")
    applied = await apply(fix(RestoreVariable(variable="APP_COLOUR", from_revision="r1")), system, target, bad.name)
    assert applied.acted
    assert applied.changes == {"APP_COLOUR": "green"}
    mended = await target.prepare(applied.changes, based_on=bad.name)
    assert target.environ(mended.name)["APP_COLOUR"] == "green"


async def test_a_variable_is_restored_from_the_manifest_when_nothing_was_good_yet(
    target: LocalTarget, system: System
) -> None:
    bad = await target.prepare({"REDIS_PORT": None, "APP_EXTRA": "1"})
    actions = [RestoreVariable(variable=name, from_revision="") for name in ("REDIS_PORT", "APP_EXTRA")]
    applied = await apply(fix(*actions), system, target, bad.name)
    assert applied.acted
    mended = await target.prepare(applied.changes, based_on=bad.name)
    environ = target.environ(mended.name)
    assert environ["REDIS_PORT"] == target.environ("r1")["REDIS_PORT"]
    assert "APP_EXTRA" not in environ


async def test_white_space_goes_and_nothing_else(target: LocalTarget, system: System) -> None:
    bad = await target.prepare({"REDIS_HOST": " 127.0.0.1\n"})
    applied = await apply(fix(StripVariable(variable="REDIS_HOST")), system, target, bad.name)
    assert applied.changes == {"REDIS_HOST": "127.0.0.1"}


@pytest.mark.parametrize(
    "action",
    [
        RestoreVariable(variable="APP_COLOUR", from_revision="r1"),
        StripVariable(variable="APP_COLOUR"),
        StripVariable(variable="NOT_THERE"),
        Restart(component="worker"),
        ContinueProcess(component="worker", pid=1),
        RollBack(to_revision="r1"),
        RunMigrations(),
    ],
    ids=lambda action: action.type,
)
async def test_what_has_no_reason_is_not_done(target: LocalTarget, system: System, action: Action) -> None:
    before = [(p.component, p.pid, p.state) for p in await target.processes()]
    applied = await apply(fix(action), system, target, "r1")
    assert not applied.acted
    assert not applied.changes
    assert applied.statement
    assert [(p.component, p.pid, p.state) for p in await target.processes()] == before


async def test_white_space_alone_is_no_value_to_strip_to(target: LocalTarget, system: System) -> None:
    bad = await target.prepare({"REDIS_HOST": " \n"})
    applied = await apply(fix(StripVariable(variable="REDIS_HOST")), system, target, bad.name)
    assert not applied.acted


async def test_a_killed_worker_is_started_again(target: LocalTarget, system: System) -> None:
    victim = (await workers(target))[0]
    assert victim.pid
    await target.signal("worker", victim.pid, signal.SIGKILL)
    await until(target, "exited", victim.pid)
    assert severity(await target.processes()) == 1
    applied = await apply(fix(Restart(component="worker")), system, target, "r1")
    assert applied.acted, applied.statement
    assert severity(await target.processes()) == 0
    assert "no inverse" in await undo(fix(Restart(component="worker")), system, target, "r1")


async def test_a_stopped_worker_goes_on(target: LocalTarget, system: System) -> None:
    victim = (await workers(target))[1]
    assert victim.pid
    await target.signal("worker", victim.pid, signal.SIGSTOP)
    await until(target, "frozen", victim.pid)
    action = ContinueProcess(component="worker", pid=victim.pid)
    applied = await apply(fix(action), system, target, "r1")
    assert applied.acted, applied.statement
    assert [p.state for p in await workers(target) if p.pid == victim.pid] == ["running"]
    said = await undo(fix(action), system, target, "r1")
    assert "worse" in said
    assert severity(await target.processes()) == 0


async def test_migrations_run_in_the_environment_of_the_revision(target: LocalTarget, system: System) -> None:
    command = ("python", "migrate.py")
    applied = await apply(fix(RunMigrations(command=command)), system, target, "r1")
    assert applied.acted, applied.statement
    bad = await target.prepare({"MIGRATE_EXIT": "3"})
    refused = await apply(fix(RunMigrations(command=command)), system, target, bad.name)
    assert not refused.acted
    assert "3" in refused.statement


async def test_traffic_goes_back_to_the_last_good_revision(target: LocalTarget, system: System) -> None:
    second = await target.prepare({"APP_COLOUR": "blue"})
    started = await target.start(second.name)
    assert started.ready, started.statement
    await target.promote(second.name)
    stale = await apply(fix(RollBack(to_revision="r99")), system, target, second.name)
    assert not stale.acted
    applied = await apply(fix(RollBack(to_revision="r1")), system, target, second.name)
    assert applied.acted
    assert applied.roll_back
    live = target.live()
    assert live is not None
    assert live.name == "r1"


async def test_a_value_to_set_travels_as_a_change(target: LocalTarget, system: System) -> None:
    action = SetVariable(variable="APP_COLOUR", value="red")
    applied = await apply(fix(action), system, target, "r1")
    assert not applied.acted, "the manifest asks a person before it"
    asked = fix(action).model_copy(update={"permission": "ask"})
    applied = await apply(asked, system, target, "r1")
    assert applied.changes == {"APP_COLOUR": "red"}
    assert "withdrawn" in await undo(fix(action), system, target, "r1")
