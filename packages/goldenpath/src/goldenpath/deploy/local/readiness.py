"""Whether a component serves, by its kind: a log-in that is answered, a ready door, or a worker's own word."""

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import httpx
from pydantic import ValidationError

from goldenpath.deploy.local.log_files import Line
from goldenpath.facts import Record
from goldenpath.manifest.model import Component, System
from goldenpath.probes.address import target_of
from goldenpath.probes.reach import reach

ASK_S = 2.0
"""One question; the next follows at once."""
MODEL_S = 10.0
"""A model is asked for one token, which a busy processor takes its time for; asking again would make it slower."""
READY = "ready"


class _Reason(Record, extra="ignore"):
    component: str


class _Document(Record, extra="ignore"):
    reasons: tuple[_Reason, ...]


class Unready(Record):
    """Why a component does not serve yet."""

    text: str
    others: frozenset[str] = frozenset()
    """What its ready document blames, if that is nothing but other components of the system."""


async def not_ready(component: Component, environ: Mapping[str, str]) -> Unready | None:
    """Why a datastore or model does not serve yet; None when it does."""
    target = target_of(component, environ)
    if target is None:
        return None
    timeout_s = MODEL_S if component.kind == "llm" else ASK_S
    failed = [phase for phase in await reach(target, timeout_s) if phase.error]
    return Unready(text=f"{failed[0].name}: {failed[0].error} {failed[0].text}".strip()) if failed else None


async def closed_door(system: System, host: str, port: int) -> Unready | None:
    """Why the web component does not take traffic yet; None when its ready door answers 200."""
    try:
        # Cheaper than a whole client, and the usual answer while a process starts.
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), ASK_S)
        writer.close()
    except (OSError, TimeoutError):
        return Unready(text=f"nothing listens at {host}:{port}")
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=ASK_S, verify=False) as client:  # noqa: S501 - plain HTTP
            answer = await client.get(f"http://{host}:{port}{system.doors.ready}")
    except httpx.HTTPError as error:
        return Unready(text=f"{system.doors.ready} does not answer ({type(error).__name__})")
    if answer.status_code == HTTPStatus.OK:
        return None
    text = f"{system.doors.ready} answers {answer.status_code}: {answer.text[:300]}"
    blamed = _blamed(answer.content)
    return Unready(text=text, others=blamed if blamed <= system.components.keys() else frozenset())


def _blamed(document: bytes) -> frozenset[str]:
    try:
        reasons = _Document.model_validate_json(document).reasons
    except ValidationError:
        return frozenset()
    return frozenset(reason.component for reason in reasons)


def unsaid(lines: Sequence[Line], replicas: int, word: str = "") -> Unready | None:
    """Why a worker is not known to be ready: each process must log it itself (`word`), for silence proves nothing."""
    ready = {str(line.get("replica")) for line in lines if _says(line, word)}
    if len(ready) == replicas:
        return None
    return Unready(text=f"{len(ready)} of {replicas} have logged that they are ready")


def _says(line: Line, word: str) -> bool:
    said = (line.get("event"), line.get("message"))
    return any(word in text for text in said if isinstance(text, str)) if word else READY in said
