"""The model client against real endpoints: one that answers, and every way in which one does not."""

from collections.abc import Mapping

import pytest
from netra_models import endpoint, response
from pydantic import SecretStr
from pydantic_ai.messages import ModelRequest, ModelResponse, UserPromptPart

from netra.embedded.ports import free_port
from netra.errors import LLMError, LLMReason
from netra.llm.chat import ChatModel, Request
from netra.settings.model import LLMSettings
from netra.settings.timeouts import Timeouts

QUICK = Timeouts(llm_first_byte_s=0.5, llm_call_s=1.0, tool_s=6, agent_s=8)
GREETING = Request(messages=[ModelRequest(parts=[UserPromptPart("Say hello.")])], max_tokens=8)


async def told(model: ChatModel, request: Request = GREETING) -> tuple[str, ModelResponse]:
    try:
        pieces = [piece async for piece in model.stream(request)]
    finally:
        await model.aclose()
    *texts, last = pieces
    assert isinstance(last, ModelResponse)
    return "".join(str(text) for text in texts), last


async def failure(settings: LLMSettings, timeouts: Timeouts = QUICK) -> LLMError:
    with pytest.raises(LLMError) as failed:
        await told(ChatModel(settings, timeouts))
    assert settings.api_key.get_secret_value() not in str(failed.value)
    return failed.value


def settings_of(model: Mapping[str, str], **given: str) -> LLMSettings:
    values = {**model, **given}
    key = SecretStr(values["LLM_API_KEY"])
    return LLMSettings(base_url=values["LLM_BASE_URL"], model=values["LLM_MODEL"], api_key=key)


async def test_a_real_model_streams_text_and_reports_its_usage(model: Mapping[str, str]) -> None:
    text, last = await told(ChatModel(settings_of(model), Timeouts()))
    assert text.strip()
    assert 1 <= last.usage.output_tokens <= 8


async def test_a_wrong_key_is_named_and_not_tried_twice(model: Mapping[str, str]) -> None:
    error = await failure(settings_of(model, LLM_API_KEY="not-the-key"), Timeouts())
    assert (error.reason, error.where) == ("llm_auth", "llm")
    assert "LLM_API_KEY" in error.hint


async def test_an_endpoint_that_is_not_there_is_unreachable() -> None:
    settings = LLMSettings(
        base_url=f"http://127.0.0.1:{free_port()}/v1", model="m", api_key=SecretStr("sk-of-this-test")
    )
    assert (await failure(settings)).reason == "llm_unreachable"


async def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    settings = LLMSettings(base_url="http://no-such-host.invalid/v1", model="m", api_key=SecretStr("sk-of-this-test"))
    assert (await failure(settings)).reason == "llm_unreachable"


async def test_an_endpoint_that_accepts_and_sends_nothing_times_out_twice() -> None:
    async with endpoint(lambda _: None) as hanging:
        error = await failure(hanging.settings)
        assert error.reason == "llm_timeout"
        assert len(hanging.asked) == 2


@pytest.mark.parametrize(
    ("status", "body", "reason", "tries"),
    [
        (401, {"error": {"message": "bad key"}}, "llm_auth", 1),
        (403, {"error": {"message": "not allowed"}}, "llm_auth", 1),
        (402, {"error": {"message": "pay"}}, "llm_quota", 1),
        (429, {"error": {"message": "all used up", "code": "insufficient_quota"}}, "llm_quota", 1),
        (429, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, "llm_rate_limited", 2),
        (404, {"error": {"message": "no such model", "code": "model_not_found"}}, "llm_not_found", 1),
        (500, {"error": {"message": "broken"}}, "llm_overloaded", 2),
        (503, {"error": {"message": "busy"}}, "llm_overloaded", 2),
        (400, {"error": {"message": "bad request"}}, "llm_malformed", 1),
    ],
)
async def test_each_refusal_has_its_reason_and_its_number_of_tries(
    status: int, body: object, reason: LLMReason, tries: int
) -> None:
    async with endpoint(lambda _: response(status, body)) as refusing:
        assert (await failure(refusing.settings)).reason == reason
        assert len(refusing.asked) == tries


@pytest.mark.parametrize("body", ["data: {not json}\n\n", "<html>a proxy's page</html>", ""])
async def test_an_answer_that_is_not_the_protocol_is_an_error_and_never_text(body: str) -> None:
    async with endpoint(lambda _: response(200, body, "text/event-stream")) as odd:
        assert (await failure(odd.settings)).reason in ("llm_malformed", "llm_unreachable")
