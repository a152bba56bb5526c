"""One call of one model: every provider, and every way in which a call fails."""

from collections.abc import Mapping
from typing import Any

import pytest
from netra_models import endpoint, response
from netra_stub import MODEL, Stub
from pydantic import SecretStr
from pydantic_ai.messages import ModelRequest, ModelResponse, UserPromptPart
from pydantic_ai.tools import ToolDefinition

from netra.embedded.ports import free_port
from netra.errors import LLMReason
from netra.llm.chat import Answer, ChatModel, Request
from netra.llm.course import Failed
from netra.llm.failures import CallError
from netra.settings.model import ModelSettings, ProviderKind, ProviderSettings
from netra.settings.timeouts import Timeouts

QUICK = Timeouts(llm_first_byte_s=0.4, llm_call_s=0.8, tool_s=6, agent_s=8)
TOOL = ToolDefinition(name="look", description="Looks.", parameters_json_schema={"type": "object", "properties": {}})
GREETING = Request(messages=[ModelRequest(parts=[UserPromptPart("Say hello.")])], max_tokens=8, tools=(TOOL,))
SLOW = pytest.mark.slow
"""Their clients take seconds to import."""
KINDS = ("openai", "openai_compatible", pytest.param("anthropic", marks=SLOW), pytest.param("google", marks=SLOW))


async def told(model: ModelSettings, timeouts: Timeouts = QUICK) -> tuple[str, ModelResponse]:
    chat = ChatModel(model, timeouts)
    texts: list[str] = []
    try:
        async for piece in chat.ask(GREETING, 60):
            if isinstance(piece, Answer):
                assert 0 < piece.first_ms <= piece.ms
                return "".join(texts), piece.response
            texts.append(piece)
    finally:
        await chat.aclose()
    raise AssertionError(texts)


async def failure(model: ModelSettings, timeouts: Timeouts = QUICK) -> Failed:
    with pytest.raises(CallError) as failed:
        await told(model, timeouts)
    assert model.provider.api_key.get_secret_value() not in str(failed.value)
    return failed.value.failed


def at(url: str, key: str = "sk-of-this-test", name: str = "m") -> ModelSettings:
    provider = ProviderSettings(name="llm", kind="openai_compatible", base_url=url, api_key=SecretStr(key))
    return ModelSettings(provider=provider, name=name)


async def test_a_real_model_streams_text_and_reports_its_usage(model: Mapping[str, str]) -> None:
    real = at(model["LLM_BASE_URL"], model["LLM_API_KEY"], model["LLM_MODEL"])
    text, last = await told(real, Timeouts())
    assert text.strip()
    assert 1 <= last.usage.output_tokens <= 8


@pytest.mark.parametrize("kind", KINDS)
async def test_every_provider_streams_text_tools_and_usage(stub: Stub, kind: ProviderKind) -> None:
    await stub.play(text="All is well.", calls=[{"name": "look", "arguments": {"far": 3}}])
    text, last = await told(stub.model(kind), Timeouts())
    assert text == "All is well."
    assert [(call.tool_name, call.args_as_dict()) for call in last.tool_calls] == [("look", {"far": 3})]
    assert (last.usage.input_tokens, last.usage.output_tokens > 2) == (2, True)
    (asked,) = await stub.asked()
    assert (asked["model"], asked["stream"], asked["tools"], asked["said"].strip()) == (MODEL, True, 1, "Say hello.")


REFUSALS: list[tuple[dict[str, Any], LLMReason, bool]] = [
    ({"fault": "refused_key"}, "llm_auth", False),
    ({"fault": "not_found"}, "llm_not_found", False),
    ({"fault": "rate_limited", "retry_after": 3}, "llm_rate_limited", True),
    ({"fault": "overloaded"}, "llm_overloaded", True),
    ({"fault": "server_error"}, "llm_overloaded", True),
    ({"status": 529}, "llm_overloaded", True),
    ({"fault": "content_filter"}, "llm_content_filter", False),
    ({"fault": "broken_off", "text": "one two three"}, "llm_unreachable", True),
    ({"fault": "truncated", "text": "one two three"}, "llm_malformed", True),
    ({"fault": "invalid_json", "text": "one two three"}, "llm_malformed", True),
]


@pytest.mark.parametrize("kind", KINDS[1:])
async def test_each_failure_has_its_name_whatever_the_provider_calls_it(stub: Stub, kind: ProviderKind) -> None:
    found: list[tuple[Any, LLMReason, bool]] = []
    for behaviour, _, _ in REFUSALS:
        await stub.play(**behaviour)
        failed = await failure(stub.model(kind), Timeouts())
        assert failed.retry_after == behaviour.get("retry_after"), behaviour
        found.append((behaviour, failed.reason, failed.transient))
    assert found == REFUSALS


@pytest.mark.parametrize("kind", KINDS[:3])
async def test_a_used_up_quota_is_told_from_a_rate_limit(stub: Stub, kind: ProviderKind) -> None:
    await stub.play(fault="quota")
    assert (await failure(stub.model(kind), Timeouts())).reason == "llm_quota"


@pytest.mark.parametrize("fault", ["hang", "hang_mid_stream"])
async def test_silence_is_a_time_out(stub: Stub, fault: str) -> None:
    await stub.play(fault=fault)
    assert await failure(stub.model()) == Failed("llm_timeout", transient=True, retry_after=None, spoke=False)


async def test_what_comes_too_slowly_is_a_time_out_of_the_whole_call(stub: Stub) -> None:
    await stub.play(text="one two three four five six", tokens_per_s=4)
    assert (await failure(stub.model())).reason == "llm_timeout"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_wrong_key_and_a_renamed_model_are_told_apart(stub: Stub, kind: ProviderKind) -> None:
    await stub.play(models=("another",))
    assert (await failure(stub.model(kind), Timeouts())).reason == "llm_not_found"
    assert (await failure(stub.model(kind, key="not-the-key"), Timeouts())).reason == "llm_auth"


async def test_an_endpoint_that_is_not_there_is_unreachable() -> None:
    for url in (f"http://127.0.0.1:{free_port()}/v1", "http://no-such-host.invalid/v1"):
        assert (await failure(at(url), Timeouts())).reason == "llm_unreachable"


async def test_a_request_that_is_refused_is_not_worth_a_second_try() -> None:
    refusal = response(400, {"error": {"message": "bad request"}})
    async with endpoint(lambda _: refusal) as refusing:
        failed = await failure(at(refusing.environ["LLM_BASE_URL"]), Timeouts())
    assert failed == Failed("llm_malformed", transient=False, retry_after=None, spoke=False)


@pytest.mark.parametrize("body", ["data: {not json}\n\n", "<html>a proxy's page</html>", ""])
async def test_an_answer_that_is_not_the_protocol_is_an_error_and_never_text(body: str) -> None:
    async with endpoint(lambda _: response(200, body, "text/event-stream")) as odd:
        assert (await failure(at(odd.environ["LLM_BASE_URL"]), Timeouts())).reason == "llm_malformed"
