"""The one place that knows providers: their clients, without retries of their own and without the environment.

The clients take one to three seconds to import; each is, when a model of its provider is first asked.
"""

import importlib.util
from typing import assert_never

import httpx2
from pydantic_ai.models import Model

from netra.errors import ConfigError
from netra.settings.model import ModelSettings, ProviderKind, ProviderSettings

EXTRAS: dict[ProviderKind, tuple[str, str]] = {
    "openai": ("openai", "openai"),
    "openai_compatible": ("openai", "openai"),
    "anthropic": ("anthropic", "anthropic"),
    "google": ("google.genai", "google"),
}
"""The module of each kind's client, and netra's extra that brings it."""


def require(provider: ProviderSettings) -> None:
    """See that the provider's client is installed; raises ConfigError that names the extra."""
    module, extra = EXTRAS[provider.kind]
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise ConfigError(
            f"provider {provider.name}: the client for {provider.kind} is not installed",
            where="LLM_CONFIG",
            hint=f"install netra[{extra}]",
        )


def client(settings: ModelSettings, http: httpx2.AsyncClient) -> Model:
    """The model at its provider."""
    match settings.provider.kind:
        case "openai" | "openai_compatible":
            return _openai(settings, http)
        case "anthropic":
            return _anthropic(settings, http)
        case "google":
            return _google(settings, http)
        case _:
            assert_never(settings.provider.kind)


def _openai(settings: ModelSettings, http: httpx2.AsyncClient) -> Model:
    # Heavy and optional, as the two below.
    from openai import AsyncOpenAI  # noqa: PLC0415
    from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
    from pydantic_ai.profiles.openai import OpenAIModelProfile  # noqa: PLC0415
    from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider  # noqa: PLC0415

    provider = settings.provider
    sdk = AsyncOpenAI(
        base_url=provider.base_url, api_key=provider.api_key.get_secret_value(), max_retries=0, http_client=http
    )
    own = provider.kind == "openai"
    served = OpenAIProvider(openai_client=sdk) if own else OpenAICompatibleProvider(provider.name, openai_client=sdk)
    # Without this a stream that ends too early looks like a short answer.
    whole = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)
    return OpenAIChatModel(settings.name, provider=served, profile=whole)


def _anthropic(settings: ModelSettings, http: httpx2.AsyncClient) -> Model:
    from anthropic import AsyncAnthropic  # noqa: PLC0415
    from pydantic_ai.models.anthropic import AnthropicModel  # noqa: PLC0415
    from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

    provider = settings.provider
    sdk = AsyncAnthropic(
        base_url=provider.base_url, api_key=provider.api_key.get_secret_value(), max_retries=0, http_client=http
    )
    return AnthropicModel(settings.name, provider=AnthropicProvider(anthropic_client=sdk))


def _google(settings: ModelSettings, http: httpx2.AsyncClient) -> Model:
    from google.genai.types import HttpRetryOptions  # noqa: PLC0415
    from pydantic_ai.models.google import GoogleModel  # noqa: PLC0415
    from pydantic_ai.providers.google import GoogleProvider  # noqa: PLC0415

    provider = settings.provider
    served = GoogleProvider(
        api_key=provider.api_key.get_secret_value(),
        base_url=provider.base_url,
        http_client=http,
        retry_options=HttpRetryOptions(attempts=1),
    )
    return GoogleModel(settings.name, provider=served)
