"""Whether readiness knows that a key or a model is wrong, before any person meets it."""

from typing import Any

import pytest
from netra_models import endpoint, response
from netra_stub import ROLES, Stub, settings_of
from pydantic import SecretStr

from netra.embedded.ports import free_port
from netra.health.models import ModelWatch
from netra.health.records import Reading
from netra.health.steps import Steps
from netra.health.watch import read
from netra.settings.model import LLMSettings, ModelSettings, ProviderKind, ProviderSettings

KINDS: tuple[ProviderKind, ...] = ("openai", "anthropic", "google", "openai_compatible")


async def readings(watch: ModelWatch) -> dict[str, Reading]:
    async def one(provider: ProviderSettings) -> Reading:
        async def measure(steps: Steps) -> Reading:
            return await watch.measure(steps, provider)

        return await read(measure, 10)

    return {name: await one(provider) for name, provider in watch.providers.items()}


async def reasons(watch: ModelWatch) -> dict[str, str]:
    return {reason.component: reason.message for reason in watch.reasons(await readings(watch))}


def away() -> ModelSettings:
    url = f"http://127.0.0.1:{free_port()}/v1"
    provider = ProviderSettings(name="away", kind="openai_compatible", base_url=url, api_key=SecretStr("k"))
    return ModelSettings(provider=provider, name="m")


@pytest.mark.parametrize("kind", KINDS)
async def test_every_provider_is_asked_for_its_key_and_its_model(stub: Stub, kind: ProviderKind) -> None:
    await stub.play()
    found = await readings(ModelWatch(settings_of(stub.model(kind))))
    assert [r.status for r in found.values()] == ["ok"]
    assert await reasons(ModelWatch(settings_of(stub.model(kind)))) == {}
    wrong = await readings(ModelWatch(settings_of(stub.model(kind, key="wrong"))))
    assert [(r.failed_at, r.error_class) for r in wrong.values()] == [("auth", "rejected")]
    refused = await reasons(ModelWatch(settings_of(stub.model(kind, key="wrong"))))
    assert refused == {"llm.stub": "auth: key refused (401); check LLM_API_KEY"}
    absent = await reasons(ModelWatch(settings_of(stub.model(kind, name="another"))))
    assert absent == {"llm.stub": "query: model not found: another"}
    assert await stub.asked() == [], "no token is spent"


async def test_one_model_that_works_is_enough_for_a_role(stub: Stub) -> None:
    await stub.play()
    wrong, right = (
        stub.model(key="wrong"),
        ModelSettings(provider=stub.provider("anthropic", name="b"), name="scripted"),
    )
    watch = ModelWatch(settings_of(wrong, right))
    assert {name: r.status for name, r in (await readings(watch)).items()} == {"llm.stub": "failed", "llm.b": "ok"}
    assert await reasons(watch) == {}
    data_only = LLMSettings(roles={**dict.fromkeys(ROLES[:2], (wrong, right)), "reporting": (wrong,)})
    assert set(await reasons(ModelWatch(data_only))) == {"llm.stub"}


async def test_what_may_pass_does_not_keep_a_revision_out(stub: Stub) -> None:
    assert await reasons(ModelWatch(settings_of(away()))) == {}
    assert await reasons(ModelWatch(settings_of(away(), stub.model(key="wrong")))) == {}


async def test_a_revision_that_had_a_model_stays_ready_when_its_key_is_revoked(stub: Stub) -> None:
    await stub.play()
    watch = ModelWatch(settings_of(stub.model()), fresh_s=0)
    assert await reasons(watch) == {}
    await stub.refuse_keys()
    assert [r.status for r in (await readings(watch)).values()] == ["failed"]
    assert await reasons(watch) == {}
    assert await reasons(ModelWatch(settings_of(stub.model()))) != {}


ODD: list[tuple[Any, str]] = [
    (response(404, {"error": "no list here"}), "ok"),
    (response(200, {"data": []}), "ok"),
    (response(200, "<html>"), "ok"),
    (response(500, {}), "failed"),
    (b"SSH-2.0-OpenSSH\r\n", "failed"),
]


@pytest.mark.parametrize(("answer", "status"), ODD)
async def test_an_endpoint_that_lists_nothing_is_taken_at_its_word_and_a_broken_one_is_not(
    answer: bytes, status: str
) -> None:
    async with endpoint(lambda _: answer) as odd:
        url = odd.environ["LLM_BASE_URL"]
        provider = ProviderSettings(name="llm", kind="openai_compatible", base_url=url, api_key=SecretStr("k"))
        watch = ModelWatch(settings_of(ModelSettings(provider=provider, name="m")))
        assert [r.status for r in (await readings(watch)).values()] == [status]
