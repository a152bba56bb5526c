"""The product's own scripted model, started for tests, and what it was asked."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from netra.embedded.llm_stub import start_stub
from netra.embedded.options import ModelOptions
from netra.embedded.ports import free_port
from netra.embedded.stub.script import Script
from netra.settings.model import LLMSettings, ModelSettings, ProviderKind, ProviderSettings, Role

KEY = "a-key-of-the-stub-and-of-nothing-else"
MODEL = "scripted"
ROLES: tuple[Role, ...] = ("triage", "data", "reporting")


class Stub:
    """One running stub."""

    def __init__(self, port: int, door: httpx.AsyncClient) -> None:
        self.port = port
        self._door = door

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        return {"LLM_BASE_URL": f"{self.url}/v1", "LLM_MODEL": MODEL, "LLM_API_KEY": KEY}

    async def play(self, *steps: dict[str, Any], models: tuple[str, ...] = (), **default: Any) -> None:
        """From now on: these steps, then the default; and forget what was asked."""
        script = {"steps": list(steps), "models": list(models), "default": default}
        answer = await self._door.put("/stub/behaviour", json=script)
        assert answer.status_code == 200, answer.text
        await self._door.delete("/stub/requests")

    async def refuse_keys(self) -> None:
        await self._door.put("/stub/behaviour", json={"refuse_keys": True})

    async def asked(self) -> list[dict[str, Any]]:
        """Every request for an answer, oldest first."""
        return (await self._door.get("/stub/requests")).json()["requests"]

    def provider(
        self, kind: ProviderKind = "openai_compatible", *, name: str = "stub", key: str = KEY
    ) -> ProviderSettings:
        base = self.url if kind in {"anthropic", "google"} else f"{self.url}/v1"
        return ProviderSettings(name=name, kind=kind, base_url=base, api_key=SecretStr(key))

    def model(self, kind: ProviderKind = "openai_compatible", *, name: str = MODEL, key: str = KEY) -> ModelSettings:
        return ModelSettings(provider=self.provider(kind, key=key), name=name)


def settings_of(*models: ModelSettings, **given: Any) -> LLMSettings:
    """These models, in this order, for every role."""
    return LLMSettings.model_validate({"roles": dict.fromkeys(ROLES, models), **given})


@asynccontextmanager
async def stub(folder: Path) -> AsyncGenerator[Stub]:
    """A stub of its own."""
    port = free_port()
    options = ModelOptions(log=folder / "stub.log", port=port, model=MODEL, api_key=SecretStr(KEY))
    server = await start_stub(options, Script())
    headers = {"Authorization": f"Bearer {KEY}"}
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as door:
            yield Stub(port, door)
    finally:
        await server.stop()
