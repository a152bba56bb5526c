"""The life of revisions on the local target, with real processes."""

import asyncio
import json
import os
import signal
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from small_system import write_small_system

from goldenpath.deploy.local.proc_table import entry, table
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.deploy.target import ProcessStatus
from goldenpath.errors import DeployError, StateError

SOON_S = 20.0


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[LocalTarget]:
    """An environment of its own, its shared components up."""
    made = LocalTarget(write_small_system(tmp_path), tmp_path, "local", drain_s=0.5)
    await made.ensure()
    try:
        yield made
    finally:
        await made.down()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not holds():  # noqa: ASYNC110 - another process's state has no event
            await asyncio.sleep(0.02)


async def until_only(target: LocalTarget, *revisions: str) -> None:
    async with asyncio.timeout(SOON_S):
        while {p.revision for p in await target.processes()} != {"", *revisions}:  # noqa: ASYNC110 - as in `until`
            await asyncio.sleep(0.02)


async def deployed(target: LocalTarget, **changes: str | None) -> str:
    revision = await target.prepare(changes)
    started = await target.start(revision.name)
    assert started.ready, started.statement
    await target.promote(revision.name)
    return revision.name


async def who(base: str) -> str:
    async with httpx.AsyncClient(trust_env=False) as client:
        return str((await client.get(f"{base}/whoami")).json()["revision"])


async def process(target: LocalTarget, component: str, revision: str = "") -> ProcessStatus:
    return next(p for p in await target.processes() if p.component == component and p.revision == revision)


def of_project(project: Path) -> list[int]:
    """Living processes that work in the project's folder."""
    found: list[int] = []
    for one in table():
        try:
            if Path(f"/proc/{one.pid}/cwd").readlink().is_relative_to(project):
                found.append(one.pid)
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    return found


async def test_a_candidate_serves_at_its_own_door_and_gets_no_traffic_before_its_promotion(target: LocalTarget) -> None:
    first = await deployed(target)
    candidate = await target.prepare({})
    started = await target.start(candidate.name)
    assert started.ready
    assert set(started.ready_ms) == {"web", "worker"}
    assert await who(target.door(candidate.name)) == candidate.name
    assert await who(target.door()) == first
    assert target.revision(candidate.name).state == "candidate"

    assert await target.promote(candidate.name) == first
    assert await who(target.door()) == candidate.name
    live = target.live()
    assert live is not None
    assert live.name == candidate.name
    assert target.revision(first).state == "retired"


async def test_the_previous_revision_ends_after_its_connections(target: LocalTarget) -> None:
    await deployed(target)
    second = await deployed(target)
    await until_only(target, second)


async def test_a_promotion_under_load_loses_no_request(target: LocalTarget) -> None:
    await deployed(target)
    door, seen, stop = target.door(), list[str](), asyncio.Event()

    async def ask_all_the_time(client: httpx.AsyncClient, path: str) -> None:
        while not stop.is_set():
            answer = await client.get(f"{door}{path}")
            assert answer.status_code == 200
            seen.append(answer.json()["revision"])

    async with httpx.AsyncClient(trust_env=False, timeout=10) as client, asyncio.TaskGroup() as group:
        for path in ("/whoami", "/whoami", "/slow=0.05", "/slow=0.2"):
            group.create_task(ask_all_the_time(client, path))
        for _ in range(3):
            newest = await deployed(target)
            await until(lambda name=newest: name in seen)
            ended = await process(target, "web", newest)
            assert ended.state == "running"
        # The revisions before must end while requests go on: the last drain is over when only one is left.
        await until_only(target, "r4")
        stop.set()
    assert set(seen) >= {"r1", "r4"}
    assert seen[-1] == "r4"


async def test_an_idle_kept_alive_connection_is_carried_over(target: LocalTarget) -> None:
    await deployed(target)
    async with httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=1)) as client:
        assert (await client.get(f"{target.door()}/whoami")).json()["revision"] == "r1"
        candidate = await target.prepare({})
        await target.start(candidate.name)
        await target.promote(candidate.name)
        assert (await client.get(f"{target.door()}/whoami")).json()["revision"] == "r2"


async def test_a_roll_back_starts_the_last_good_revision_again(target: LocalTarget) -> None:
    good = await deployed(target)
    target.mark_good(good)
    bad = await deployed(target, APP_COLOUR="red")
    await until_only(target, bad)

    back = await target.roll_back("the answer was red")
    assert (back.name, back.state) == (good, "live")
    assert await who(target.door()) == good
    assert (target.revision(bad).state, target.revision(bad).reason) == ("withdrawn", "the answer was red")


async def test_a_roll_back_without_a_good_revision_is_refused(target: LocalTarget) -> None:
    await deployed(target)
    with pytest.raises(StateError, match="ever proven good"):
        await target.roll_back("for no reason")


async def test_a_withdrawn_candidate_is_gone_and_the_live_one_untouched(target: LocalTarget) -> None:
    live = await deployed(target)
    candidate = await target.prepare({})
    await target.start(candidate.name)
    await target.withdraw(candidate.name, "it did not please")
    assert {p.revision for p in await target.processes()} == {"", live}
    assert await who(target.door()) == live
    with pytest.raises(StateError, match="has the traffic"):
        await target.withdraw(live, "by mistake")


async def test_only_what_was_started_can_be_promoted(target: LocalTarget) -> None:
    revision = await target.prepare({})
    with pytest.raises(StateError, match="not all of its processes run"):
        await target.promote(revision.name)


async def test_a_failed_start_names_component_phase_and_last_words(target: LocalTarget) -> None:
    revision = await target.prepare({"FAIL_PHASE": "cache"})
    started = await target.start(revision.name)
    assert (started.ready, started.component, started.phase) == (False, "web", "cache")
    assert "exit code 1" in started.statement
    assert "it was told to" in started.statement
    assert (await process(target, "web", revision.name)).exit_code == 1


async def test_a_component_that_never_gets_ready_is_reported_with_its_last_answer(tmp_path: Path) -> None:
    target = LocalTarget(write_small_system(tmp_path, ready_s=1.5), tmp_path, "local")
    await target.ensure()
    try:
        revision = await target.prepare({"UNREADY": "1"})
        started = await target.start(revision.name)
        assert (started.ready, started.component, started.phase) == (False, "web", "ready")
        assert "/ready answers 503" in started.statement
    finally:
        await target.down()


@pytest.mark.parametrize(("blamed", "gives_up"), [("cache", True), ("startup", False)])
async def test_who_blames_another_component_for_some_seconds_is_not_waited_for(
    tmp_path: Path, blamed: str, *, gives_up: bool
) -> None:
    """What it says of itself, such as that it still starts, may change; so may nothing that others are to blame for."""
    target = LocalTarget(write_small_system(tmp_path, ready_s=3), tmp_path, "local")
    await target.ensure()
    try:
        revision = await target.prepare({"UNREADY": blamed})
        started = await target.start(revision.name)
        assert (started.ready, started.component, started.phase) == (False, "web", "ready")
        assert (started.seconds < 3) == gives_up
        assert blamed in started.statement
    finally:
        await target.down()


async def test_a_program_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    system = write_small_system(tmp_path)
    worker = system.components["worker"].model_copy(update={"run": ("no-such-program",)})
    system = system.model_copy(update={"components": {**system.components, "worker": worker}})
    target = LocalTarget(system, tmp_path, "local")
    await target.ensure()
    try:
        revision = await target.prepare({})
        started = await target.start(revision.name)
        assert (started.ready, started.component, started.phase) == (False, "worker", "spawn")
        assert "no-such-program" in started.statement
    finally:
        await target.down()


async def test_an_optional_component_may_be_late_and_a_required_one_may_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    system = write_small_system(tmp_path)
    for required in (False, True):
        changes = {"run": ("python", "-c", "raise SystemExit(3)"), "required": required}
        cache = system.components["cache"].model_copy(update=changes)
        changed = system.model_copy(update={"components": {**system.components, "cache": cache}})
        target = LocalTarget(changed, tmp_path, "local")
        try:
            if required:
                with pytest.raises(DeployError, match="exit code 3") as raised:
                    await target.ensure()
                assert raised.value.where == "cache"
            else:
                assert await target.ensure() == {}
                assert "optional and not ready: ended with exit code 3" in caplog.text
        finally:
            await target.down()


async def test_a_crash_is_seen_and_nobody_restarts_by_himself(target: LocalTarget) -> None:
    revision = await deployed(target)
    before = await process(target, "web", revision)
    assert before.pid
    os.kill(before.pid, signal.SIGKILL)
    await until(lambda: not Path(f"/proc/{before.pid}").exists())
    after = await process(target, "web", revision)
    assert (after.state, after.exit_code, after.pid) == ("exited", -signal.SIGKILL, before.pid)

    said = [line for line in target.logs("web", revision=revision) if line.get("event") == "process ended"]
    assert [(line["level"], line["exit_code"], line["asked"]) for line in said] == [("error", -9, False)]

    assert (await target.restart("web")).ready
    assert await who(target.door()) == revision


async def test_a_frozen_process_is_seen_and_continued(target: LocalTarget) -> None:
    revision = await deployed(target)
    worker = await process(target, "worker", revision)
    assert worker.pid
    await target.signal("worker", worker.pid, signal.SIGSTOP)
    assert (await process(target, "worker", revision)).state == "frozen"
    await target.signal("worker", worker.pid, signal.SIGCONT)
    assert (await process(target, "worker", revision)).state == "running"
    with pytest.raises(DeployError, match="is not one of worker"):
        await target.signal("worker", os.getpid(), signal.SIGCONT)


async def test_what_ignores_the_request_to_end_is_ended_with_all_it_started(tmp_path: Path) -> None:
    target = LocalTarget(write_small_system(tmp_path), tmp_path, "local")
    await target.ensure()
    revision = await target.prepare({"DEAF": "1"})
    assert (await target.start(revision.name)).ready
    worker = await process(target, "worker", revision.name)
    assert worker.pid
    await target.signal("worker", worker.pid, signal.SIGSTOP)
    assert len(of_project(tmp_path)) >= 6
    await target.down()
    assert of_project(tmp_path) == []


async def test_after_kill_9_of_the_supervisor_nothing_is_left_and_the_live_revision_comes_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    target = LocalTarget(write_small_system(tmp_path), tmp_path, "local")
    await target.ensure()
    try:
        live = await deployed(target)
        candidate = await target.prepare({})
        await target.start(candidate.name)
        door = target.door()
        supervisor = json.loads((tmp_path / ".goldenpath/local/supervisor.json").read_text())
        web = await process(target, "web", live)
        assert web.pid
        os.kill(supervisor["pid"], signal.SIGKILL)
        await until(lambda: entry(web.pid or 0) is None)
        assert {p.state for p in await target.processes()} == {"missing"}
        assert target.supervisor() == "killed"

        await target.ensure()
        assert "was killed" in caplog.text
        assert await who(door) == live
        assert target.revision(candidate.name).state == "withdrawn"
    finally:
        await target.down()
    assert of_project(tmp_path) == []


async def test_a_live_revision_that_cannot_come_back_is_reported_and_does_not_bar_the_next(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    target = LocalTarget(write_small_system(tmp_path), tmp_path, "local")
    await target.ensure()
    try:
        live = await deployed(target)
        supervisor = json.loads((tmp_path / ".goldenpath/local/supervisor.json").read_text())
        os.kill(supervisor["pid"], signal.SIGKILL)
        await until(lambda: not of_project(tmp_path))
        web = (tmp_path / "web.py").read_text()
        (tmp_path / "web.py").write_text("raise SystemExit('out of order')")
        assert set(await target.ensure()) == {"cache"}
        assert "out of order" in caplog.text
        assert target.live() is None
        assert target.revision(live).state == "withdrawn"
        (tmp_path / "web.py").write_text(web)
        revision = await deployed(target)
        assert await who(target.door()) == revision
    finally:
        await target.down()


async def test_a_missing_variable_is_really_missing_in_the_process(
    target: LocalTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_COLOUR", "the caller's")
    revision = await target.prepare({"APP_COLOUR": None})
    await target.start(revision.name)
    async with httpx.AsyncClient(trust_env=False) as client:
        names = set((await client.get(f"{target.door(revision.name)}/whoami")).json()["names"])
    assert "APP_COLOUR" not in names
    assert names - set(target.environ(revision.name)) <= {
        *("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR"),
        *("PYTHONUNBUFFERED", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE"),
    }
    assert revision.changes == ("APP_COLOUR removed",)


async def test_secrets_are_made_once_and_only_their_owner_can_read_them(target: LocalTarget) -> None:
    first, second = await target.prepare({}), await target.prepare({})
    secret = target.environ(first.name)["REDIS_PASSWORD"]
    assert len(secret) == 43
    assert target.environ(second.name)["REDIS_PASSWORD"] == secret
    root = Path(target.log_files("cache", "")[0]).parent.parent
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    files = [path for path in root.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert secret in (root / "secrets.json").read_text()


async def test_logs_are_json_lines_that_say_where_they_come_from(target: LocalTarget) -> None:
    revision = await deployed(target)
    await who(target.door())
    # A line is written once the answer is out, and kept by another process.
    await until(lambda: any(line.get("path") == "/whoami" for line in target.logs("web", revision=revision)))
    lines = target.logs("web", revision=revision)
    assert [line["message"] for line in lines if "message" in line] == ["a line that is not JSON"]
    assert [line["path"] for line in lines if line.get("path") == "/whoami"] == ["/whoami"]
    assert all((line["component"], line["revision"], line["replica"]) == ("web", revision, 0) for line in lines)
    assert {str(line["stream"]) for line in lines} == {"stdout", "stderr", "supervisor"}
    # What a process says of its own name does not count.
    assert {str(line["component"]) for line in target.logs("worker", revision=revision)} == {"worker"}
    raw = [line for path in target.log_files("web", revision) for line in path.read_text().splitlines()]
    assert all(json.loads(line)["at"] for line in raw)


async def test_a_restored_value_is_the_new_revisions_own(target: LocalTarget) -> None:
    good = await target.prepare({})
    bad = await target.prepare({"WEB_PORT": None, "APP_COLOUR": "red", "APP_REVISION": "none"}, based_on=good.name)
    before = target.environ(good.name)
    restored = {name: before[name] for name in ("WEB_PORT", "APP_REVISION")}
    fixed = target.environ((await target.prepare(restored, based_on=bad.name)).name)
    assert fixed["APP_COLOUR"] == "red"
    assert fixed["APP_REVISION"] == "r3"
    assert fixed["WEB_PORT"].isdigit()
    assert fixed["WEB_PORT"] != before["WEB_PORT"]
    assert "REDIS_PASSWORD" in fixed


async def test_an_operator_command_runs_in_the_revisions_environment(target: LocalTarget) -> None:
    revision = await target.prepare({"MIGRATE_EXIT": "4"})
    done = await target.run(("python", "migrate.py"), revision.name)
    assert (done.exit_code, done.stdout) == (4, f"migrated {revision.name}\n")
    missing = await target.run(("no-such-program",), revision.name)
    assert missing.exit_code == 127
    assert "no-such-program" in missing.stderr


async def test_the_fingerprint_follows_the_configuration(target: LocalTarget) -> None:
    plain, red = await target.prepare({}), await target.prepare({"APP_COLOUR": "red"})
    assert plain.fingerprint
    assert red.fingerprint
    assert plain.fingerprint != red.fingerprint


async def test_two_checkouts_do_not_disturb_each_other(target: LocalTarget, tmp_path: Path) -> None:
    folder = tmp_path / "other checkout"
    folder.mkdir()
    other = LocalTarget(write_small_system(folder), folder, "local")
    await asyncio.gather(target.ensure(), other.ensure())
    try:
        names = await asyncio.gather(deployed(target), deployed(other))
        assert names == ["r1", "r1"]
        assert target.door() != other.door()
        await other.down()
        assert await who(target.door()) == "r1"
        assert of_project(folder) == []
    finally:
        await other.down()


async def test_ensure_is_repeatable_and_ports_and_data_outlive_down(target: LocalTarget) -> None:
    revision = await deployed(target)
    assert await target.ensure() == {}
    door, port = target.door(), target.environ(revision)["REDIS_PORT"]
    await target.down()
    assert target.live() is None
    assert set(await target.ensure()) == {"cache"}
    again = await deployed(target)
    assert target.door() == door
    assert target.environ(again)["REDIS_PORT"] == port
    assert await who(door) == again


async def test_a_port_taken_by_a_stranger_is_chosen_anew(target: LocalTarget) -> None:
    before = target.environ((await target.prepare({})).name)["REDIS_PORT"]
    await target.down()
    stranger = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", int(before))
    async with stranger:
        await target.ensure()
        revision = await deployed(target)
        assert target.environ(revision)["REDIS_PORT"] != before
