"""The health, readiness and version documents that a system serves about itself."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

import httpx
from pydantic import JsonValue

from goldenpath.facts import Observation
from goldenpath.manifest.model import System
from goldenpath.probes.http import error_name
from goldenpath.probes.phase import described, errno_name, milliseconds
from goldenpath.probes.record import Notes, Recorder

TIMEOUT_S = 6.0
"""Longer than a document that waits for a resolver's timer of 5 s."""
_LISTS = ("dependencies", "checks", "components", "details")
_GOOD = frozenset({"ok", "healthy", "up", "pass", "passing", "not_configured"})


async def probe_health(
    recorder: Recorder, system: System, base_url: str, *, revision: str = "", timeout_s: float = TIMEOUT_S
) -> tuple[Observation, ...]:
    """What the three documents say; a door that does not answer has the status `unreachable` or `timeout`."""
    doors = system.doors
    notes = Notes(recorder, "health", doors.component, revision)
    paths = (doors.ready, doors.health, doors.version)
    # A context with certificates takes 20 ms to load, so only for https.
    secured = base_url.startswith("https")
    async with httpx.AsyncClient(base_url=base_url, timeout=timeout_s, trust_env=False, verify=secured) as http:
        ready, health, version = await asyncio.gather(*(_get(http, path) for path in paths))
    # Without a health document of its own, that it is ready is all the system says of its health.
    _note_health(notes, health or ready)
    if isinstance(ready, httpx.Response):
        notes.note("health.ready", ready.is_success, f"HTTP {ready.status_code}: {ready.text[:600]}")
    _note_version(notes, system, version)
    return notes.taken


async def _get(http: httpx.AsyncClient, path: str) -> httpx.Response | str | None:
    """The answer, or the name of the error; None for a document that the system does not have."""
    if not path:
        return None
    try:
        return await http.get(path)
    except httpx.HTTPError as error:
        return f"{cause_name(error)} ({described(error)})"


def cause_name(error: httpx.HTTPError) -> str:
    """The operating system's name of what is behind an HTTP error, such as `ECONNREFUSED`; else httpx's kind."""
    cause: BaseException = error
    while (behind := cause.__cause__ or cause.__context__) is not None:
        cause = behind
    return errno_name(cause) if isinstance(cause, OSError) and cause.errno else error_name(error)


def _note_health(notes: Notes, answer: httpx.Response | str | None) -> None:
    if not isinstance(answer, httpx.Response):
        silent = answer or ""
        notes.note("health.status", "timeout" if silent.startswith("timeout") else "unreachable", silent)
        return
    body = _object(answer)
    status = body.get("status")
    shown = str(status) if status else ("healthy" if answer.is_success else "unhealthy")
    notes.note("health.status", shown, f"HTTP {answer.status_code}")
    notes.note("health.ms", milliseconds(answer.elapsed.total_seconds()))
    for name, part in _parts(body):
        notes.note("health.dependency", _dependency(name, part), str(part), _since(part))


def _note_version(notes: Notes, system: System, answer: httpx.Response | str | None) -> None:
    if not isinstance(answer, httpx.Response):
        return
    body = _object(answer)
    for name, field in (("revision", system.doors.revision_field), ("fingerprint", system.doors.fingerprint_field)):
        if field and isinstance(body.get(field), str):
            notes.note(f"version.{name}", body[field])


def _parts(body: dict[str, JsonValue]) -> Iterator[tuple[str, dict[str, JsonValue]]]:
    found = next((body[name] for name in _LISTS if isinstance(body.get(name), dict | list)), None)
    match found:
        case dict():
            for name, part in found.items():
                yield name, part if isinstance(part, dict) else {"status": part}
        case list():
            yield from ((str(part.get("name", "")), part) for part in found if isinstance(part, dict))
        case _:
            return


def _dependency(name: str, part: dict[str, JsonValue]) -> JsonValue:
    """Name, status, error and milliseconds, whatever else the document says."""
    status = str(part.get("status", "unknown"))
    words = [str(part[key]) for key in ("failed_at", "error_class", "error", "message", "detail") if part.get(key)]
    times = [value for key, value in part.items() if key.endswith("ms") and isinstance(value, int | float)]
    error = "" if status.lower() in _GOOD else ": ".join(words) or status
    return {"name": name, "status": status, "error": error, "ms": round(sum(times), 3) if times else None}


def _since(part: dict[str, JsonValue]) -> datetime | None:
    """When the present status began, where the document says so with a zone."""
    try:
        found = datetime.fromisoformat(str(part.get("since", "")))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _object(answer: httpx.Response) -> dict[str, JsonValue]:
    try:
        body: Any = answer.json()
    except ValueError:
        return {}
    return cast("dict[str, JsonValue]", body) if isinstance(body, dict) else {}
