"""What the kernel knows of real processes: files against their limit, memory, time, disks and who is connected."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from observing import values
from pydantic import JsonValue
from sample import system
from servers import Valkey, die_with_parent, valkey

from goldenpath.probes import kernel_log
from goldenpath.probes.cgroup import memory_of, quota_of
from goldenpath.probes.connections import probe_connections
from goldenpath.probes.host import probe_hosts
from goldenpath.probes.process import ProcessFacts
from goldenpath.probes.record import Recorder

OPENS = "import sys; kept = [open('/dev/null') for _ in range(40)]; print('ready', flush=True); sys.stdin.read()"
SPINS = "print('ready', flush=True)\nwhile True: pass"
LISTENS = """
import socket, sys
server = socket.create_server(('127.0.0.1', 0), backlog=4)
print(server.getsockname()[1], flush=True)
sys.stdin.read()
"""
LATE = """
import select, socket, time
server = socket.create_server(('127.0.0.1', 0), backlog=4)
print(server.getsockname()[1], flush=True)
select.select([server], [], [])
time.sleep(0.2)
taken = [server.accept() for _ in range(3)]
input()
"""


@contextlib.contextmanager
def running(source: str, *, cwd: Path | None = None, files: int = 0) -> Generator[tuple[int, str]]:
    """A Python program, its first line read; with a limit on its open files if one is given."""
    process = subprocess.Popen(
        [sys.executable, "-c", source],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=cwd,
        preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - no other thread runs at this point
    )
    with process:
        assert process.stdout
        line = process.stdout.readline().strip()
        if files:
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (files, files))
        yield process.pid, line
        process.kill()


@pytest.fixture
def cache() -> Generator[Valkey]:
    with valkey() as server:
        yield server


def facts(component: str, pid: int) -> ProcessFacts:
    return ProcessFacts(component=component, state="running", pid=pid, revision="r1")


async def look(pid: int, window_s: float = 0.05) -> dict[str, JsonValue]:
    return values(await probe_hosts(Recorder(), system(), [facts("api", pid)], window_s=window_s))


async def test_open_files_against_the_limit_of_now() -> None:
    with running(OPENS, files=44) as (pid, _):
        found = await look(pid)
    assert found["host.files"] == {"pid": pid, "open": 43, "limit": 44}


async def test_a_process_that_uses_a_whole_core() -> None:
    with running(SPINS) as (pid, _):
        found = await look(pid, window_s=0.3)
    assert isinstance(cpu := found["host.cpu"], dict)
    assert isinstance(cores := cpu["cores"], float)
    assert cores > 0.2, "two cores may be shared with much else"
    assert found["host.states"]


async def test_the_disk_under_its_working_folder(tmp_path: Path) -> None:
    with running(OPENS, cwd=tmp_path) as (pid, _):
        found = await look(pid)
    assert isinstance(disk := found["host.disk"], dict)
    assert disk["folder"] == str(tmp_path)
    assert disk["read_only"] is False
    room = os.statvfs(tmp_path)
    assert disk["total"] == room.f_blocks * room.f_frsize


async def test_a_process_that_is_gone_has_no_facts_but_its_end() -> None:
    with running(OPENS) as (pid, _):
        pass
    assert set(await look(pid)) <= {"host.kills"}


async def test_who_lives_was_not_killed_though_the_kernel_once_killed_another_of_that_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = tmp_path / "kmsg"
    monkeypatch.setattr(kernel_log, "LOG", kernel)
    with running(OPENS) as (pid, _):
        kernel.write_text(f"3,7,99,-;Memory cgroup out of memory: Killed process {pid} (other) total-vm:9kB\n")
        alive = await look(pid)
    gone = await look(pid)
    assert isinstance(before := alive["host.kills"], dict)
    assert isinstance(after := gone["host.kills"], dict)
    assert (before["pid"], after["pid"]) == (None, pid)


async def test_who_is_really_connected_to_whom(cache: Valkey) -> None:
    source = (
        f"import socket\ns = socket.create_connection(('127.0.0.1', {cache.port}))\nprint('ready', flush=True)\ninput()"
    )
    with running(source) as (pid, _):
        both = [facts("api", pid), facts("cache", cache.process.pid)]
        found = probe_connections(Recorder(), system(), both, {}, "r1")
    (to,) = [o for o in found if o.name == "connections.to"]
    assert to.subject == "api"
    assert to.value == {
        "to": "cache",
        "states": {"established": 1},
        "count": 1,
        "address": f"127.0.0.1:{cache.port}",
    }
    listeners = [o.value for o in found if o.name == "connections.listener"]
    assert {"port": cache.port, "waiting": 0, "address": "127.0.0.1", "accepted": 1} in listeners


async def test_a_configured_port_that_is_no_process_of_ours() -> None:
    with running(LISTENS) as (_, port):
        source = (
            f"import socket\ns = socket.create_connection(('127.0.0.1', {port}))\nprint('ready', flush=True)\ninput()"
        )
        with running(source) as (pid, _):
            environ = {"CACHE_HOST": "127.0.0.1", "CACHE_PORT": port}
            found = probe_connections(Recorder(), system(), [facts("api", pid)], environ, "r1")
            strange = probe_connections(Recorder(), system(), [facts("api", pid)], {}, "r1")
    assert [o.value["to"] for o in found if isinstance(o.value, dict)] == ["cache"]
    assert [o.value["to"] for o in strange if isinstance(o.value, dict)] == ["elsewhere"]


async def test_connections_that_nobody_accepts_wait_in_the_queue() -> None:
    with running(LISTENS) as (pid, port):
        waiting = [socket.create_connection(("127.0.0.1", int(port))) for _ in range(3)]
        found = probe_connections(Recorder(), system(), [facts("api", pid)], {}, "r1")
        for one in waiting:
            one.close()
    assert [o.value for o in found] == [{"port": int(port), "waiting": 3, "address": "127.0.0.1", "accepted": 0}]


def test_limits_of_control_groups_are_read_or_absent() -> None:
    memory, quota = memory_of(os.getpid()), quota_of(os.getpid())
    assert memory is None or memory.limit > 0
    assert quota is None or quota.cores > 0


async def test_connections_that_are_accepted_a_little_later_do_not_count_as_waiting() -> None:
    with running(LATE) as (pid, port):
        waiting = [socket.create_connection(("127.0.0.1", int(port))) for _ in range(3)]
        found = probe_connections(Recorder(), system(), [facts("api", pid)], {}, "r1")
        for one in waiting:
            one.close()
    (listener,) = [o.value for o in found if isinstance(o.value, dict)]
    assert listener["waiting"] == 0
