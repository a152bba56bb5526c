"""The doors as a test uses them: real clients that plant the test's nonce in every request and note who answers."""

import asyncio
import os
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from goldenpath.facts import Record
from goldenpath.testing.ledger import Ledger
from goldenpath.testing.target import Target

REQUEST_ID = "X-Request-ID"
OPERATOR_SECONDS = 60.0
SOCKET_BYTES = 4 * 1024 * 1024
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")


class WrongTargetError(AssertionError):
    """A response did not come from the revision that was deployed."""


class RequestIds:
    """Gives each request of one test an id that begins with the test's nonce."""

    def __init__(self, nonce: str) -> None:
        """Number the requests of this nonce from 1."""
        self.nonce = nonce
        self._numbers = count(1)

    def next(self) -> str:
        """The id of the next request."""
        return f"{self.nonce}-{next(self._numbers)}"


def _noted(target: Target, ledger: Ledger, headers: Mapping[str, str]) -> None:
    revision = headers.get(target.revision_header, "") if target.revision_header else ""
    ledger.answered(revision)
    if target.revision_header and revision != target.revision:
        said = repr(revision) if revision else f"no {target.revision_header}"
        raise WrongTargetError(f"the answer names {said}, deployed was {target.revision!r}")


def open_door(target: Target, ids: RequestIds, ledger: Ledger) -> httpx.AsyncClient:
    """An HTTP client on the target's base URL; close it, or use it as a context manager."""

    async def plant(request: httpx.Request) -> None:
        request.headers.setdefault(REQUEST_ID, ids.next())

    async def note(response: httpx.Response) -> None:
        _noted(target, ledger, response.headers)

    return httpx.AsyncClient(
        base_url=target.door,
        timeout=target.request_s,
        event_hooks={"request": [plant], "response": [note]},
        trust_env=False,
    )


class Sockets:
    """Opens WebSockets to the target; the fixture closes what a test leaves open."""

    def __init__(self, target: Target, ids: RequestIds, ledger: Ledger) -> None:
        """Plant these ids in the handshakes."""
        self._target = target
        self._ids = ids
        self._ledger = ledger
        self._open: list[ClientConnection] = []

    async def __call__(
        self, headers: Mapping[str, str] | None = None, *, subprotocols: Sequence[str] = (), path: str = ""
    ) -> ClientConnection:
        """Shake hands; a refusal is `websockets.exceptions.InvalidStatus` with the response."""
        url = self._target.socket_url if not path else self._target.door.replace("http", "ws", 1) + path
        try:
            connection = await connect(
                url,
                additional_headers={REQUEST_ID: self._ids.next(), **(headers or {})},
                subprotocols=[Subprotocol(name) for name in subprotocols] or None,
                open_timeout=self._target.request_s,
                close_timeout=1.0,
                ping_interval=None,
                max_size=SOCKET_BYTES,
                proxy=None,
            )
        except InvalidStatus as refusal:
            _noted(self._target, self._ledger, refusal.response.headers)
            raise
        self._open.append(connection)
        if connection.response is not None:
            _noted(self._target, self._ledger, connection.response.headers)
        return connection

    async def close(self) -> None:
        """Close every socket that is still open."""
        await asyncio.gather(*(connection.close() for connection in self._open))
        self._open.clear()


class OperatorResult(Record):
    """How an operator command ended."""

    exit_code: int
    stdout: str
    stderr: str


class Operator:
    """Runs operator commands of the system in the environment of the deployed revision."""

    def __init__(self, target: Target) -> None:
        """Run them as the operator of this target would."""
        self._target = target

    async def __call__(self, *command: str, seconds: float = OPERATOR_SECONDS) -> OperatorResult:
        """Run one command to its end; TimeoutError when it takes longer than `seconds`."""
        match self._target.control:
            case "dead":
                raise ConnectionRefusedError("the target is dead: this is a negative control")
            case "impostor":
                return OperatorResult(exit_code=0, stdout="{}\n", stderr="")
            case None:
                return await self._run(command, seconds)

    async def _run(self, command: Sequence[str], seconds: float) -> OperatorResult:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=operator_environ(self._target.environ),
        )
        try:
            async with asyncio.timeout(seconds):
                stdout, stderr = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
        return OperatorResult(
            exit_code=process.returncode or 0,
            stdout=stdout.decode(errors="replace"),
            stderr=stderr.decode(errors="replace"),
        )


def operator_environ(variables: Mapping[str, str]) -> dict[str, str]:
    """The revision's variables, and what any command needs to start; commands of this interpreter are found first."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    folders = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]
    return {**kept, "PATH": os.pathsep.join(dict.fromkeys(folders)), **variables}
