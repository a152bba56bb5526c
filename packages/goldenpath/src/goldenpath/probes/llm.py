"""A model's endpoint (OpenAI-compatible): the key by the list of models, the model by a completion of one token."""

import httpx

from goldenpath.probes import http
from goldenpath.probes.address import Target
from goldenpath.probes.dns import SockAddr
from goldenpath.probes.phase import Phase, PhaseName, timed
from goldenpath.probes.signatures import BY_LLM_STATUS

MODELS_PATH = "/models"
COMPLETIONS_PATH = "/chat/completions"
_LOGIN_ERRORS = ("key_refused", "model_not_found")
_NOT_FOUND = 404


async def log_in(target: Target, address: SockAddr, timeout_s: float) -> tuple[Phase, ...]:
    """The phases auth (with a connection of its own) and query; a model that does not exist is an error of auth."""
    async with http.client(target, address, timeout_s) as client:
        auth, answer = await timed("auth", _models(client, target), timeout_s, http.error_name)
        # Not every provider lists its models: then the completion alone judges the key.
        auth = auth if answer is not None and answer.status_code == _NOT_FOUND else _judged(auth, answer)
        if auth.error:
            return (auth,)
        query, answer = await timed("query", _completion(client, target), timeout_s, http.error_name)
        query = _judged(query, answer)
        if query.error in _LOGIN_ERRORS:
            return (query.model_copy(update={"name": "auth"}),)
        return auth, query


async def _models(client: httpx.AsyncClient, target: Target) -> httpx.Response:
    return await client.get(target.path + MODELS_PATH, headers=_key(target), extensions=http.sni(target))


async def _completion(client: httpx.AsyncClient, target: Target) -> httpx.Response:
    return await client.post(
        target.path + COMPLETIONS_PATH,
        headers=_key(target),
        json={"model": target.model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1},
        extensions=http.sni(target),
    )


def _key(target: Target) -> dict[str, str]:
    key = target.password.get_secret_value()
    return {"Authorization": f"Bearer {key}"} if key else {}


def _judged(phase: Phase, answer: httpx.Response | None) -> Phase:
    if answer is None or answer.is_success:
        return phase
    return refused(phase.name, answer.status_code, answer.text)


def refused(name: PhaseName, status: int, body: str) -> Phase:
    """The failed phase that this answer means."""
    error = BY_LLM_STATUS.get(status, f"other: HTTP {status}")
    if "model_not_found" in body:
        error = "model_not_found"
    return Phase(name=name, error=error, text=f"HTTP {status}: {body[:300]}")
