"""A model's endpoint (OpenAI-compatible): the key by the list of models, the model by the stream of a few tokens."""

from collections.abc import AsyncIterator

import httpx

from goldenpath.probes import http
from goldenpath.probes.address import Target
from goldenpath.probes.dns import SockAddr
from goldenpath.probes.llm_stream import Heard, heard
from goldenpath.probes.phase import Phase, PhaseName, timed
from goldenpath.probes.signatures import BY_LLM_STATUS

MODELS_PATH = "/models"
COMPLETIONS_PATH = "/chat/completions"
TOKENS = 4
"""So many show whether a stream goes on after its first word, and a small model has them in a second."""
_LOGIN_ERRORS = ("key_refused", "model_not_found", "path_unknown")
_NOT_FOUND = 404
STREAM_PART = 0.75


async def log_in(target: Target, address: SockAddr, timeout_s: float) -> tuple[Phase, ...]:
    """The phases auth (with a connection of its own) and query; a model that does not exist is an error of auth."""
    async with http.client(target, address, timeout_s) as client:
        auth, answer = await timed("auth", _models(client, target), timeout_s, http.error_name)
        # Not every provider lists its models: then the completion alone judges the key.
        unlisted = answer is not None and answer.status_code == _NOT_FOUND
        auth = auth if unlisted else _with_list(_judged(auth, answer), answer, target.model)
        if auth.error:
            return (auth,)
        query, answered = await timed("query", _completion(client, target, timeout_s), timeout_s, http.error_name)
        query = _streamed(query, answered)
        if unlisted and query.error == "model_not_found" and "model" not in query.text.lower():
            query = query.model_copy(update={"error": "path_unknown"})
        if query.error in _LOGIN_ERRORS:
            return (query.model_copy(update={"name": "auth"}),)
        return auth, query


async def _models(client: httpx.AsyncClient, target: Target) -> httpx.Response:
    return await client.get(target.path + MODELS_PATH, headers=_key(target), extensions=http.sni(target))


def _with_list(phase: Phase, answer: httpx.Response | None, model: str) -> Phase:
    """With whether the model stands in the endpoint's list; nothing where it lists none in the usual shape."""
    if answer is None or phase.error or not model:
        return phase
    try:
        listed = {str(entry["id"]) for entry in answer.json()["data"]}
    except (ValueError, KeyError, TypeError):
        return phase
    return phase.model_copy(update={"listed": model in listed}) if listed else phase


async def _completion(client: httpx.AsyncClient, target: Target, timeout_s: float) -> httpx.Response | Heard:
    """What the stream said; the response itself when it is a refusal."""
    said = {"role": "user", "content": "Count from one to ten."}
    body = {"model": target.model, "messages": [said], "max_tokens": TOKENS, "stream": True}
    path, extensions = target.path + COMPLETIONS_PATH, http.sni(target)
    async with client.stream("POST", path, headers=_key(target), json=body, extensions=extensions) as answer:
        if not answer.is_success:
            await answer.aread()
            return answer
        # Below the bound of the whole phase, so that a stream that falls silent is told from one that never began.
        return await heard(_lines(answer), timeout_s * STREAM_PART)


async def _lines(answer: httpx.Response) -> AsyncIterator[str]:
    async for line in answer.aiter_lines():
        yield line


def _key(target: Target) -> dict[str, str]:
    key = target.password.get_secret_value()
    return {"Authorization": f"Bearer {key}"} if key else {}


def _judged(phase: Phase, answer: httpx.Response | None) -> Phase:
    if answer is None or answer.is_success:
        return phase
    return refused(phase.name, answer.status_code, answer.text)


def _streamed(phase: Phase, answered: httpx.Response | Heard | None) -> Phase:
    match answered:
        case Heard(error=error, text=text) if error:
            return Phase(name=phase.name, error=error, text=text)
        case httpx.Response():
            return _judged(phase, answered)
        case _:
            return phase


def refused(name: PhaseName, status: int, body: str) -> Phase:
    """The failed phase that this answer means."""
    error = BY_LLM_STATUS.get(status, f"other: HTTP {status}")
    if "model_not_found" in body:
        error = "model_not_found"
    return Phase(name=name, error=error, text=f"HTTP {status}: {body[:300]}")
