"""The HTTP steps of a journey: each is asked until its answer is what it must be, or its time is over."""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any, cast

import httpx
from pydantic import JsonValue

from goldenpath.errors import ManifestError
from goldenpath.facts import Record
from goldenpath.manifest.fill import fill, fill_json
from goldenpath.manifest.journeys import Request
from goldenpath.probes.health import cause_name
from goldenpath.probes.laws import field
from goldenpath.probes.phase import milliseconds
from goldenpath.probes.record import Notes

ANSWER_S = 10.0
"""The bound of one answer."""
PAUSE_S = 0.1
"""Between two questions for the same thing."""
CUT = 600
"""Characters kept of an answer."""


class Answer(Record):
    """What came of one request."""

    status: int | None = None
    error: str = ""
    """Why there was no answer, such as `ECONNREFUSED`."""
    body: JsonValue = None
    text: str = ""
    wrong: str = ""
    """What is not as it must be; empty when nothing is."""


async def walk(notes: Notes, steps: tuple[Request, ...], base_url: str, person: Mapping[str, str]) -> bool:
    """Make every step in order; the first that is not answered as it must be is noted and ends the walk."""
    known, begun = dict(person), time.perf_counter()
    async with httpx.AsyncClient(
        base_url=base_url, timeout=ANSWER_S, trust_env=False, verify=base_url.startswith("https")
    ) as http:
        for done, step in enumerate(steps):
            named, since = f"{step.method} {step.path}", time.perf_counter()
            answer = await _until_met(http, step, known)
            if answer.wrong:
                waited = round(time.perf_counter() - since, 3) if step.within_s else 0
                notes.note("request.unmet", _unmet(named, answer, waited), f"step {done + 1}: {answer.text}")
                return False
            known |= {name: _text(_field(answer.body, path)) for name, path in step.keep.items()}
    ms = milliseconds(time.perf_counter() - begun)
    notes.note("requests.done", {"done": len(steps), "ms": ms}, ", ".join(f"{s.method} {s.path}" for s in steps))
    return True


async def _until_met(http: httpx.AsyncClient, step: Request, known: Mapping[str, str]) -> Answer:
    deadline = time.perf_counter() + step.within_s
    while True:
        answer = await _ask(http, step, known)
        if not answer.wrong or time.perf_counter() >= deadline:
            return answer
        await asyncio.sleep(PAUSE_S)


async def _ask(http: httpx.AsyncClient, step: Request, known: Mapping[str, str]) -> Answer:
    try:
        path, expect = fill(step.path, known), fill_json(dict(step.expect), known)
        headers = {name: fill(value, known) for name, value in step.headers.items()}
        content = None if step.body is None else json.dumps(fill_json(step.body, known))
    except ManifestError as error:
        return Answer(wrong=f"{error.message}: {error.hint}")
    try:
        said = {"content-type": "application/json", **headers} if content is not None else headers
        response = await http.request(step.method, path, headers=said, content=content)
    except httpx.HTTPError as error:
        name = cause_name(error)
        return Answer(error=name, text=str(error), wrong=f"no answer: {name}")
    return _judged(step, cast("dict[str, JsonValue]", expect), response)


def _judged(step: Request, expect: Mapping[str, JsonValue], response: httpx.Response) -> Answer:
    body, text = _body(response), response.text[:CUT]
    answer = Answer(status=response.status_code, body=body, text=f"HTTP {response.status_code}: {text}")
    return answer.model_copy(update={"wrong": _wrong(step, expect, response, body)})


def _wrong(step: Request, expect: Mapping[str, JsonValue], response: httpx.Response, body: JsonValue) -> str:
    if response.status_code != step.status:
        said = _text(_field(body, "error")) or _text(_field(body, "detail")) or response.text[:200]
        return f"HTTP {response.status_code} instead of {step.status}: {said}".rstrip(": ")
    for path, wanted in expect.items():
        if (found := _field(body, path)) != wanted:
            return f"{path} is {json.dumps(found)}, not {json.dumps(wanted)}"
    if step.contains and step.contains not in response.text:
        return f"the answer does not contain {step.contains!r}"
    missing = [path for path in step.keep.values() if _field(body, path) is None]
    return f"the answer has no {missing[0]}" if missing else ""


def _unmet(request: str, answer: Answer, waited_s: float) -> JsonValue:
    return {
        "request": request,
        "status": answer.status,
        "error": answer.error,
        "message": answer.wrong,
        "waited_s": waited_s,
        "component": _text(_field(answer.body, "component")),
    }


def _body(response: httpx.Response) -> JsonValue:
    try:
        found: Any = response.json()
    except ValueError:
        return None
    return cast("JsonValue", found)


def _field(body: JsonValue, path: str) -> JsonValue:
    return field(body, path) if isinstance(body, dict) else None


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)
