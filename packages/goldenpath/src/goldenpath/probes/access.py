"""Who is let in at a door: tokens of this revision and of another, no token, a spoilt one; pages of which origins."""

import secrets
from collections.abc import Mapping
from typing import Any, cast

import httpx
from pydantic import JsonValue

from goldenpath.facts import Observation, Record
from goldenpath.manifest.fill import fill_json
from goldenpath.manifest.journeys import Login
from goldenpath.manifest.model import Access, System
from goldenpath.probes.laws import Frame, field
from goldenpath.probes.record import Notes, Recorder

PROBE = "access"
BOUND_S = 20.0
"""One request; a log-in hashes a password, which a busy machine takes its time for."""
FOREIGN = "https://foreign.invalid"
"""An origin that nobody can have (RFC 2606)."""


class Doors(Record):
    """The door that is tried, and one that issues tokens which it must accept, too."""

    url: str
    other_url: str = ""
    """Of the last good revision, while it serves beside this one; empty when there is none."""
    other_revision: str = ""


def subject_of(system: System) -> str:
    """What observations of the door carry as their subject."""
    return f"door:{system.doors.component}"


async def probe_access(
    recorder: Recorder, system: System, doors: Doors, *, revision: str = ""
) -> tuple[Observation, ...]:
    """Everything seen at the door; nothing for a system that declares no `[access]`."""
    access = system.access
    login = system.journeys[access.journey].login if access else None
    if access is None or login is None:
        return ()
    notes = Notes(recorder, PROBE, subject_of(system), revision)
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=BOUND_S) as http:  # noqa: S501 - our own door
        visitor = _Visitor(http, recorder, notes, access)
        await visitor.try_tokens(login, doors)
        await visitor.try_origins(doors.url, system.doors.socket)
    return notes.taken


async def log_in(http: httpx.AsyncClient, recorder: Recorder, login: Login, url: str) -> str:
    """The token of a new synthetic person; empty when there is none, which other probes say more of."""
    person = {"nonce": f"gp-{secrets.token_hex(12)}", "secret": secrets.token_urlsafe(24)}
    recorder.hide(person["secret"])
    asked = fill_json(cast("JsonValue", login.body), person)
    try:
        answer = await http.post(f"{url}{login.path}", json=asked, timeout=BOUND_S)
        body: Any = answer.json()
    except (httpx.HTTPError, ValueError):
        return ""
    found = field(cast("Frame", body), login.token_field) if isinstance(body, dict) else None
    token = found if isinstance(found, str) else ""
    recorder.hide(token)
    return token


class _Visitor:
    """Somebody who tries the door, and notes how it answered."""

    def __init__(self, http: httpx.AsyncClient, recorder: Recorder, notes: Notes, access: Access) -> None:
        self._http = http
        self._recorder = recorder
        self._notes = notes
        self._access = access

    async def try_tokens(self, login: Login, doors: Doors) -> None:
        """A token of this door, none, a spoilt one, and one of the other door."""
        own = await log_in(self._http, self._recorder, login, doors.url)
        if own:
            await self._show("auth.own", doors.url, own, {})
            await self._show("auth.spoilt", doors.url, _spoilt(own), {})
        await self._show("auth.none", doors.url, "", {})
        url = doors.other_url
        other = await log_in(self._http, self._recorder, login, url) if url else ""
        if other:
            await self._show("auth.other", doors.url, other, {"issued_by": doors.other_revision})

    async def try_origins(self, url: str, socket_path: str) -> None:
        """Pages that must be able to call, and one that must not."""
        for origin in self._access.origins:
            await self._preflight("origin.allowed", url, origin)
        if self._access.origins:
            await self._preflight("origin.foreign", url, FOREIGN)
        if socket_path and self._access.origins:
            for origin in self._access.origins:
                await self._handshake(f"{url}{socket_path}", origin)

    async def _show(self, name: str, url: str, token: str, also: Mapping[str, JsonValue]) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self._ask("GET", f"{url}{self._access.path}", headers)
        if answer is not None:
            said = "" if answer.is_success else answer.text[:300]
            self._notes.note(name, {"status": answer.status_code, **also}, said)

    async def _preflight(self, name: str, url: str, origin: str) -> None:
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        answer = await self._ask("OPTIONS", f"{url}{self._access.path}", headers)
        if answer is not None:
            allowed = answer.headers.get("access-control-allow-origin", "")
            self._notes.note(name, {"origin": origin, "status": answer.status_code, "allowed": allowed})

    async def _handshake(self, url: str, origin: str) -> None:
        """Only how a page's hand-shake is answered: without a token none is let in, and the origin is judged first."""
        headers = {
            "Origin": origin,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        }
        answer = await self._ask("GET", url, headers)
        if answer is not None:
            self._notes.note("origin.socket", {"origin": origin, "status": answer.status_code}, answer.text[:300])

    async def _ask(self, method: str, url: str, headers: Mapping[str, str]) -> httpx.Response | None:
        """The answer; None when there was none, which other probes say more of."""
        try:
            return await self._http.request(method, url, headers=dict(headers))
        except httpx.HTTPError:
            return None


def _spoilt(token: str) -> str:
    """The same token with one character of its signature changed."""
    at = len(token) - (len(token) - token.rfind(".")) // 2
    return f"{token[:at]}{'A' if token[at] != 'A' else 'B'}{token[at + 1 :]}"
