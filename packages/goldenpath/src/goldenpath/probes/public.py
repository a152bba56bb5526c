"""The address that people use, held against the revision's own door: what stands between them shows in the difference.

Both are asked the same, so that what ails the revision itself is not blamed on the way to it.
"""

import asyncio
import time
from collections.abc import Mapping

import httpx
from pydantic import JsonValue
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from goldenpath.facts import Observation, Record
from goldenpath.manifest.journeys import Login
from goldenpath.manifest.model import System
from goldenpath.probes.access import log_in
from goldenpath.probes.health import cause_name
from goldenpath.probes.phase import errno_name
from goldenpath.probes.record import Notes, Recorder

PROBE = "public"
SUBJECT = "public"
BOUND_S = 5.0
"""One request at the own door; who takes longer has troubles that other probes tell of."""
PATIENCE_S = 15.0
"""One on the public way, and a hand-shake: long enough that a busy machine is not taken for a broken way."""
OK, SWITCHING = 200, 101


class Ways(Record):
    """Two ways to one revision."""

    public: str
    """The base address that people use."""
    own: str
    """That of the revision's own door."""


class Opened(Record):
    """How a socket was opened, and for how long it stayed."""

    status: int | None = None
    error: str = ""
    held_s: float | None = None
    """Silent seconds until it was closed, or until nobody waited any longer; None when it did not open."""
    closed: str = ""
    """How it was closed; empty while it stood."""


async def probe_public(
    recorder: Recorder, system: System, ways: Ways, *, revision: str = ""
) -> tuple[Observation, ...]:
    """Everything seen on both ways; nothing while the own door does not answer itself."""
    notes = Notes(recorder, PROBE, SUBJECT, revision)
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=BOUND_S) as http:  # noqa: S501 - our own door
        path = system.doors.ready
        own = await _page(http, f"{ways.own}{path}", BOUND_S)
        if own["status"] != OK:
            return ()
        public = await _page(http, f"{ways.public}{path}", PATIENCE_S)
        notes.note("public.page", {**public, "own_status": own["status"]})
        login = _login(system)
        if not system.doors.socket:
            return notes.taken
        token = await log_in(http, recorder, login, ways.own) if login else ""
    if token or login is None:
        await _sockets(notes, system, ways, {"Authorization": f"Bearer {token}"} if token else {})
    return notes.taken


async def _sockets(notes: Notes, system: System, ways: Ways, headers: Mapping[str, str]) -> None:
    path, idle_s = system.doors.socket, system.doors.idle_s
    own, public = await asyncio.gather(
        _open(f"{ways.own}{path}", headers, idle_s), _open(f"{ways.public}{path}", headers, idle_s)
    )
    notes.note("public.socket", {"status": public.status, "error": public.error, "own_status": own.status})
    if idle_s and public.held_s is not None and own.held_s is not None:
        held: dict[str, JsonValue] = {"must_s": idle_s, "held_s": public.held_s, "own_held_s": own.held_s}
        notes.note("public.idle", held, public.closed)


async def _page(http: httpx.AsyncClient, url: str, bound_s: float) -> dict[str, JsonValue]:
    try:
        answer = await http.get(url, timeout=bound_s)
    except httpx.HTTPError as error:
        return {"status": None, "error": cause_name(error)}
    return {"status": answer.status_code, "error": ""}


async def _open(url: str, headers: Mapping[str, str], idle_s: float) -> Opened:
    """Open a socket as a program does, and say nothing on it for so long, not even a ping."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            socket = await connect(
                url.replace("http", "ws", 1),
                additional_headers=dict(headers),
                proxy=None,
                close_timeout=1,
                ping_interval=None,
            )
    except InvalidStatus as error:
        return Opened(status=error.response.status_code)
    except (OSError, WebSocketException, ValueError) as error:
        return Opened(error="timeout" if isinstance(error, TimeoutError) else errno_name(error))
    try:
        return await _hold(socket, idle_s)
    finally:
        await socket.close()


async def _hold(socket: ClientConnection, idle_s: float) -> Opened:
    begun = time.monotonic()
    try:
        await asyncio.wait_for(socket.wait_closed(), idle_s)
    except TimeoutError:
        return Opened(status=SWITCHING, held_s=idle_s)
    closed = f"closed with {socket.close_code} {socket.close_reason or ''}".rstrip()
    return Opened(status=SWITCHING, held_s=round(time.monotonic() - begun, 2), closed=closed)


def _login(system: System) -> Login | None:
    """The log-in of the first journey that asks on a socket."""
    return next((j.login for j in system.journeys.values() if j.conversation), None)
