"""The whole stack: what it promises to who starts it."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from netra.embedded.failures import HeldError, ServerError
from netra.embedded.holder import hold, start_ticks
from netra.embedded.identity import decide, namespace
from netra.embedded.kept import kept, password, signing_key
from netra.embedded.stack import start_stack
from netra.settings.contract import check, load
from netra.stores import clickhouse, postgres, valkey

NOBODY = (65534, 65534)


@pytest.fixture
def open_dir() -> Generator[Path]:
    """A folder that every user can enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def spoil_valkey(state_dir: Path) -> None:
    (state_dir / "valkey").mkdir(parents=True)
    (state_dir / "valkey" / "appendonlydir").write_text("not a folder")


def python(program: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE)


async def test_its_variables_keep_the_contract_and_reach_every_server(state_dir: Path) -> None:
    async with start_stack(state_dir) as stack:
        environ = {**stack.environ, "ENVIRONMENT": "test", "NETRA_REVISION": "r"}
        assert check(environ) == ()
        settings = load(environ)
        async with postgres.pool(settings.postgres) as pool:
            assert await pool.fetchval("select current_database()") == "netra"
        live: Any = valkey.open_client(settings.redis)
        assert await live.ping()
        await live.aclose()
        client: Any = await clickhouse.open_client(settings.clickhouse)
        assert (await client.query("select currentDatabase()")).result_rows == [("netra",)]
        await client.close()
        pids = [server.child.pid for server in stack.servers.values()]
        assert len(pids) == 3
    assert [start_ticks(pid) for pid in pids] == [0, 0, 0]


async def test_a_second_life_has_the_same_data_and_secrets(state_dir: Path) -> None:
    async with start_stack(state_dir) as stack:
        first = stack.environ
        async with postgres.pool(load(first).postgres) as pool:
            await pool.execute("create table kept as select 1 as n")
    async with start_stack(state_dir) as stack:
        second = stack.environ
        async with postgres.pool(load(second).postgres) as pool:
            assert await pool.fetchval("select n from kept") == 1
    secret = [name for name in first if name.endswith(("PASSWORD", "KEY"))]
    assert len(secret) == 4
    assert [first[name] for name in secret] == [second[name] for name in secret]


async def test_what_is_given_is_not_started(state_dir: Path) -> None:
    given = {"POSTGRES_HOST": "db.example", "CLICKHOUSE_HOST": "olap.example", "WEB_PORT": "1234"}
    async with start_stack(state_dir, given=given) as stack:
        assert list(stack.servers) == ["valkey"]
        assert given.items() <= stack.environ.items()
    assert not (state_dir / "postgres").exists()


async def test_a_second_stack_names_the_first_and_leaves_nothing_running(state_dir: Path) -> None:
    async with start_stack(state_dir) as first:
        with pytest.raises(HeldError) as caught:
            async with start_stack(state_dir):
                pass
        assert caught.value.pid == os.getpid()
        assert all(server.child.exit_code() is None for server in first.servers.values())


async def test_one_failing_server_ends_the_others_and_is_named(state_dir: Path) -> None:
    spoil_valkey(state_dir)
    with pytest.raises(ServerError, match="exit code 1 before it was ready") as caught:
        async with start_stack(state_dir):
            pass
    assert caught.value.where == "valkey"
    for name in ("postgres", "clickhouse"):
        held = await hold(state_dir / name)
        held.release()


async def test_a_killed_first_start_does_not_harm_the_next(state_dir: Path) -> None:
    program = (
        "import asyncio, pathlib, sys\nfrom netra.embedded.stack import start_stack\n"
        "async def main():\n"
        "    async with start_stack(pathlib.Path(sys.argv[1])):\n"
        "        await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    for moment in (0.2, 0.4, 0.8):
        with python(program, state_dir) as process:
            await asyncio.sleep(moment)  # the moment of death is what is tested
            process.kill()
    async with start_stack(state_dir) as stack, postgres.pool(load(stack.environ).postgres) as pool:
        assert await pool.fetchval("select 1") == 1


async def test_modes_of_folders_that_are_not_ours_stay(open_dir: Path) -> None:
    closed = open_dir / "closed"
    closed.mkdir(mode=0o700)
    folders = [open_dir, closed]
    before = [folder.stat().st_mode for folder in folders]
    async with start_stack(closed / "state", given={"CLICKHOUSE_HOST": "x", "REDIS_HOST": "x"}):
        pass
    assert [folder.stat().st_mode for folder in folders] == before


@pytest.mark.parametrize("closed", [False, True])
async def test_postgres_never_runs_as_root(open_dir: Path, tmp_path: Path, closed: bool) -> None:
    state = (tmp_path if closed else open_dir) / "state"
    async with start_stack(state, given={"CLICKHOUSE_HOST": "x", "REDIS_HOST": "x"}) as stack:
        proc = Path(f"/proc/{stack.servers['postgres'].child.pid}")
        mapped = (proc / "uid_map").read_text().split()
        outside = int((proc / "status").read_text().partition("Uid:")[2].split()[0])
        assert outside != 0 or mapped[0] != "0"
        assert stat.S_IMODE((state / "postgres").stat().st_mode) == 0o700


def test_which_identity_is_lent() -> None:
    closed = (Path("/root"),)
    assert decide(owner=None, nobody=NOBODY, closed=()).user == NOBODY[0]
    assert decide(owner=NOBODY[0], nobody=NOBODY, closed=()).user == NOBODY[0]
    assert decide(owner=None, nobody=NOBODY, closed=closed).prefix == namespace(NOBODY).prefix
    assert decide(owner=0, nobody=NOBODY, closed=()).prefix == namespace(NOBODY).prefix
    with pytest.raises(ServerError, match="nobody, who cannot enter /root"):
        decide(owner=NOBODY[0], nobody=NOBODY, closed=closed)


def test_a_secret_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "one"
    first = kept(file, password)
    assert kept(file, password) == first
    assert len(first) >= 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["one"]
    assert len(signing_key()) == 43


async def test_a_dead_holder_is_waited_for_and_a_living_one_is_not(tmp_path: Path) -> None:
    data = tmp_path / "data"
    program = (
        "import asyncio, pathlib, sys, time\nfrom netra.embedded.holder import hold\nimport os\n"
        "held = asyncio.run(hold(pathlib.Path(sys.argv[1])))\n"
        "os.set_inheritable(held.descriptor, True)\n"
        "if os.fork() == 0:\n    time.sleep(0.7)\n    os._exit(0)\n"
        "print('held', flush=True)\ntime.sleep(600)\n"
    )
    with python(program, data) as process:
        assert process.stdout
        process.stdout.readline()
        with pytest.raises(HeldError) as caught:
            await hold(data)
        assert caught.value.pid == process.pid
        process.send_signal(signal.SIGKILL)
        process.wait()
        held = await hold(data)  # its child still has the lock for a moment
        held.release()
