"""Whether each provider takes its key and knows its models; asked without spending a token."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import quote, urlsplit

from pydantic import JsonValue

from netra.health.http import OK, REFUSED, Answer, Request, asked
from netra.health.records import Reading, Reason
from netra.health.steps import ProbeError, Steps
from netra.settings.model import LLMSettings, ModelSettings, ProviderSettings, Role

PORTS = {"http": 80, "https": 443}
SILENT = (404, 405)
"""An endpoint that does not list its models says one of these; it answers, and the key was not refused."""
FRESH_S = 5.0
"""How old good news of a provider may be: it is somebody else's server, and asked whenever we are asked."""
DEFINITE = ("auth: key refused", "query: model not found")
"""What waiting does not mend: this revision is configured wrongly."""


class ModelWatch:
    """Probes providers, and remembers which roles have had a model that can serve them."""

    def __init__(self, settings: LLMSettings | None, *, fresh_s: float = FRESH_S) -> None:
        """Nothing is known yet."""
        self._fresh_s = fresh_s
        self._settings = settings
        self._good: dict[str, tuple[float, Reading]] = {}
        self._proven: set[Role] = set()

    @property
    def providers(self) -> Mapping[str, ProviderSettings]:
        """By the name of their dependency: `llm` when there is only the short form's, else `llm.NAME`."""
        found = self._settings.providers if self._settings else ()
        return {"llm" if p.name == "llm" else f"llm.{p.name}": p for p in found}

    async def measure(self, steps: Steps, provider: ProviderSettings) -> Reading:
        """One provider; good news is kept for a moment."""
        at, reading = self._good.get(provider.name, (float("-inf"), None))
        if reading is not None and time.monotonic() - at < self._fresh_s:
            return reading
        models = [m for m in self._settings.models if m.provider == provider] if self._settings else []
        reading = await probe_provider(steps, provider, [model.name for model in models])
        self._good[provider.name] = (time.monotonic(), reading)
        return reading

    def reasons(self, readings: Mapping[str, Reading]) -> tuple[Reason, ...]:
        """Why the revision may take no traffic: a role of which no model can ever have worked.

        A role that had a model that works keeps the process ready: then it is the provider's trouble, every run says
        so, and all that needs no model still serves.
        """
        if self._settings is None:
            return ()
        found: dict[str, Reason] = {}
        for role, models in self._settings.roles.items():
            if any(_usable(model, readings[_name(model)]) for model in models):
                self._proven.add(role)
            failed = {_name(model): readings[_name(model)] for model in models}
            if role not in self._proven and all(r.message.startswith(DEFINITE) for r in failed.values()):
                found |= {name: Reason(component=name, message=r.message) for name, r in failed.items()}
        return tuple(found.values())


async def probe_provider(steps: Steps, provider: ProviderSettings, models: list[str]) -> Reading:
    """Resolve, connect, and ask with the key whether the models are known."""
    if provider.kind in {"anthropic", "google"} and provider.lists_models:
        absent = [name for name in models if not await _has(steps, provider, name)]
    else:
        absent = await _unlisted(steps, provider, models)
    if absent:
        steps.failing("query")
        raise ProbeError(f"model not found: {', '.join(absent)}", "absent")
    return steps.ok()


async def _has(steps: Steps, provider: ProviderSettings, name: str) -> bool:
    answer = await _asked(steps, provider, f"/{quote(name, safe='')}")
    return answer.status not in SILENT


async def _unlisted(steps: Steps, provider: ProviderSettings, models: list[str]) -> list[str]:
    """Models that the endpoint's list lacks; none where it lists nothing."""
    answer = await _asked(steps, provider, "")
    listed = _ids(answer.body) if provider.lists_models else set[str]()
    return [name for name in models if listed and name not in listed]


def _ids(body: bytes) -> set[str]:
    with suppress(ValueError, KeyError, TypeError):
        told: dict[str, list[dict[str, JsonValue]]] = json.loads(body)
        return {str(entry["id"]) for entry in told["data"]}
    return set()


async def _asked(steps: Steps, provider: ProviderSettings, item: str) -> Answer:
    url = urlsplit(provider.base_url)
    path, headers = _door(provider)
    request = Request(
        host=url.hostname or "",
        port=url.port or PORTS[url.scheme],
        tls=url.scheme == "https",
        path=f"{url.path.rstrip('/')}{path}{item}",
        headers=headers,
    )
    answer = await asked(steps, request)
    if answer.status in REFUSED or b"API_KEY_INVALID" in answer.body:
        steps.failing("auth")
        raise ProbeError(f"key refused ({answer.status}); check {provider.key_variable}", "rejected")
    if answer.status not in (OK, *SILENT):
        steps.failing("query")
        raise ProbeError(f"answered with {answer.status}")
    return answer


def _door(provider: ProviderSettings) -> tuple[str, dict[str, str]]:
    """Path of the list of models, and the headers that carry the key."""
    key = provider.api_key.get_secret_value()
    match provider.kind:
        case "anthropic":
            return "/v1/models", {"x-api-key": key, "anthropic-version": "2023-06-01"}
        case "google":
            return "/v1beta/models", {"x-goog-api-key": key}
        case "openai" | "openai_compatible":
            return "/models", {"Authorization": f"Bearer {key}"}


def _name(model: ModelSettings) -> str:
    return "llm" if model.provider.name == "llm" else f"llm.{model.provider.name}"


def _usable(model: ModelSettings, reading: Reading) -> bool:
    """Whether the model can serve: its provider is fine, or misses only other models."""
    if reading.status != "failed":
        return True
    missing = reading.message.partition("model not found: ")[2]
    return bool(missing) and model.name not in missing.split(", ")
