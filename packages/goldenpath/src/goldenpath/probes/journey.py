"""A synthetic run: log in, make the journey's requests, open the socket, ask, and watch the answer arrive."""

import asyncio
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, cast

import httpx
from pydantic import JsonValue
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from goldenpath.facts import Observation, Record
from goldenpath.manifest.fill import fill_json
from goldenpath.manifest.journeys import Conversation, Login
from goldenpath.manifest.model import System
from goldenpath.probes.conversation import Listener, note_run
from goldenpath.probes.health import cause_name
from goldenpath.probes.laws import Frame, field, matches
from goldenpath.probes.phase import errno_name, milliseconds
from goldenpath.probes.record import Notes, Recorder
from goldenpath.probes.requests import walk

STEP_S = 10.0
"""The bound of the log-in, of the upgrade and of the first frame, unless the journey's own deadline is shorter."""
GRACE_S = 0.2
"""How long to listen on after the end of a run: nothing may follow it."""
SWITCHING = 101


class WayIn(Record):
    """How one synthetic person comes in."""

    base_url: str
    person: dict[str, str]
    """Its nonce and its secret."""
    bound_s: float


async def probe_journey(
    recorder: Recorder, system: System, name: str, base_url: str, *, revision: str = ""
) -> tuple[Observation, ...]:
    """Everything seen on the way through this journey, as far as it went; it takes at most its deadline and 20 s."""
    journey = system.journeys[name]
    notes = Notes(recorder, "journey", f"journey:{name}", revision)
    person = {"nonce": f"gp-{secrets.token_hex(12)}", "secret": secrets.token_urlsafe(24)}
    recorder.hide(person["secret"])
    bound = min(STEP_S, journey.conversation.deadline_s) if journey.conversation else STEP_S
    way_in = WayIn(base_url=base_url, person=person, bound_s=bound)
    token = await _log_in(notes, recorder, journey.login, way_in) if journey.login else ""
    if token is None:
        return notes.taken
    if journey.requests and not await walk(notes, journey.requests, way_in.base_url, {**person, "token": token}):
        return notes.taken
    if journey.conversation is not None:
        url = f"{base_url.replace('http', 'ws', 1)}{system.doors.socket}"
        await _converse(notes, journey.conversation, (url, token), way_in)
    return notes.taken


async def _log_in(notes: Notes, recorder: Recorder, login: Login, way: WayIn) -> str | None:
    secured = way.base_url.startswith("https")
    try:
        async with httpx.AsyncClient(
            base_url=way.base_url, timeout=way.bound_s, trust_env=False, verify=secured
        ) as http:
            answer = await http.post(login.path, json=fill_json(cast("JsonValue", login.body), way.person))
    except httpx.HTTPError as error:
        notes.note("login.error", cause_name(error), str(error))
        return None
    token = _token(answer, login.token_field)
    recorder.hide(token)
    notes.note("login.status", answer.status_code, "" if answer.is_success else answer.text[:600])
    if answer.is_success and not token:
        notes.note("login.error", f"the answer has no {login.token_field}")
    return token or None


def _token(answer: httpx.Response, path: str) -> str:
    try:
        body: Any = answer.json()
    except ValueError:
        return ""
    found = field(cast("Frame", body), path) if isinstance(body, dict) else None
    return found if isinstance(found, str) else ""


async def _converse(notes: Notes, laws: Conversation, door: tuple[str, str], way: WayIn) -> None:
    url, token = door
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(way.bound_s):
            socket = await connect(url, additional_headers=headers, proxy=None, close_timeout=1)
    except InvalidStatus as error:
        notes.note("socket.status", error.response.status_code, (error.response.body or b"").decode(errors="replace"))
        return
    except (OSError, WebSocketException, ValueError) as error:
        notes.note("socket.error", "timeout" if isinstance(error, TimeoutError) else errno_name(error), str(error))
        return
    notes.note("socket.status", SWITCHING)
    notes.note("socket.ms", milliseconds(time.perf_counter() - begun))
    try:
        if await _is_ready(notes, socket, laws, way.bound_s):
            await _ask(notes, socket, laws, way.person)
    finally:
        await socket.close()


async def _is_ready(notes: Notes, socket: ClientConnection, laws: Conversation, bound_s: float) -> bool:
    try:
        frame = parsed(await asyncio.wait_for(socket.recv(), bound_s))
    except TimeoutError:
        notes.note("socket.ready", value=False, text=f"no frame within {bound_s:g} s")
        return False
    except ConnectionClosed as error:
        notes.note("socket.ready", value=False, text=f"closed: {error}")
        return False
    ready = matches(frame, laws.ready)
    notes.note("socket.ready", ready, json.dumps(dict(frame)))
    return ready


async def _ask(notes: Notes, socket: ClientConnection, laws: Conversation, person: Mapping[str, str]) -> None:
    question = json.dumps(fill_json(cast("JsonValue", laws.send), person))
    listener = Listener(laws)
    try:
        await socket.send(question)
        async with asyncio.timeout(laws.deadline_s):
            while not listener.ended:
                listener.hear(parsed(await socket.recv()))
        async with asyncio.timeout(GRACE_S):
            while True:
                listener.hear(parsed(await socket.recv()))
    except TimeoutError:
        pass
    except ConnectionClosed as error:
        listener.closed = f"closed: {error}"
    note_run(notes, listener, question)


def parsed(raw: str | bytes) -> Frame:
    """One frame as an object; what is none is a frame of type `unreadable`."""
    try:
        found: Any = json.loads(raw)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return cast("Frame", found)
    return {"type": "unreadable", "message": str(raw)[:200]}
