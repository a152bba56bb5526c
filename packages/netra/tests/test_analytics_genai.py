"""Spans of model calls become usage events under every convention that is in use; what is no call does not."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from netra.analytics.events import UsageEvent
from netra.analytics.ingest.genai import event_of, identity
from netra.analytics.ingest.spans import Scalar, Span, from_json, from_protobuf
from netra.analytics.pricing import PriceCatalogue
from netra.analytics.traced import event_from
from netra.errors import InvalidError

PRICES = PriceCatalogue()
BEGAN = 1_795_000_000_123_456_789
AT = datetime(2026, 11, 18, 11, 6, 40, 123456, tzinfo=UTC)
CONVENTIONS: dict[str, dict[str, Scalar]] = {
    "of October 2026": {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": 400,
    },
    "before 1.27": {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.prompt_tokens": 1000,
        "gen_ai.usage.completion_tokens": 10,
        "gen_ai.usage.cache_read_input_tokens": 400,
    },
    "OpenLLMetry's": {
        "llm.request.type": "chat",
        "gen_ai.system": "OpenAI",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.prompt_tokens": 1000,
        "gen_ai.usage.completion_tokens": 10,
        "gen_ai.usage.cache_read_input_tokens": 400,
    },
    "OpenInference's": {
        "openinference.span.kind": "LLM",
        "llm.provider": "openai",
        "llm.model_name": "gpt-4o",
        "llm.token_count.prompt": 1000,
        "llm.token_count.completion": 10,
        "llm.token_count.prompt_details.cache_read": 400,
    },
}
NO_CALLS: dict[str, dict[str, Scalar]] = {
    "a request of HTTP": {"http.request.method": "POST"},
    "an agent with the sum of its calls": {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 5000,
    },
    "a tool": {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"},
    "OpenInference's chain": {"openinference.span.kind": "CHAIN", "llm.token_count.prompt": 9},
}


def span(attributes: dict[str, Scalar], **changes: Any) -> Span:
    usual: dict[str, Any] = {
        "trace_id": b"\x01" * 16,
        "span_id": b"\x02" * 8,
        "name": "chat",
        "started_ns": BEGAN,
        "ended_ns": BEGAN + 1_500_000_000,
        "failed": False,
        "resource": {"service.name": "support-bot"},
    }
    return Span(attributes=attributes, **{**usual, **changes})


def event(attributes: dict[str, Scalar], **changes: Any) -> UsageEvent:
    found = event_of(span(attributes, **changes), PRICES)
    assert isinstance(found, UsageEvent), found
    return found


@pytest.mark.parametrize("names", CONVENTIONS)
def test_a_call_is_the_same_event_under_every_convention(names: str) -> None:
    found = event(CONVENTIONS[names])
    told = (found.workload, found.model, found.provider, found.status, found.latency_ms, found.at)
    assert told == ("support-bot", "gpt-4o", "openai", "ok", 1500.0, AT)
    assert (found.input_tokens, found.output_tokens, found.cached_tokens) == (1000, 10, 400)
    # 600 tokens at $2.50 a million, 400 kept ones at half of that, 10 of output at $10.
    assert found.cost_usd == Decimal("0.0021")


@pytest.mark.parametrize("what", NO_CALLS)
def test_what_is_no_call_of_a_model_is_no_event(what: str) -> None:
    assert event_of(span(NO_CALLS[what]), PRICES) is None


def test_a_failed_call_says_how_and_a_missing_number_is_nothing() -> None:
    asked: dict[str, Scalar] = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}
    assert event({**asked, "error.type": "timeout"}, failed=True).status == "timeout"
    assert event(asked, failed=True).status == "error"
    assert event(asked, resource={}).workload == "unknown"
    assert event(asked).cost_usd == 0
    assert event({**asked, "gen_ai.request.model": "my-own"}).cost_usd is None


def test_a_deployments_name_gives_way_to_the_model_that_has_a_price() -> None:
    asked: dict[str, Scalar] = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "azure.ai.openai"}
    named = {**asked, "gen_ai.request.model": "our-deployment", "gen_ai.response.model": "gpt-4o"}
    assert (event(named).model, event(named).provider) == ("gpt-4o", "azure")
    assert event({**named, "gen_ai.request.model": "gpt-4o-mini"}).model == "gpt-4o-mini"


def test_providers_that_count_cached_tokens_apart_do_not_make_the_input_negative() -> None:
    tokens: dict[str, Scalar] = {"gen_ai.usage.input_tokens": 3, "gen_ai.usage.cache_read.input_tokens": 900}
    found = event({"gen_ai.operation.name": "chat", "gen_ai.request.model": "claude-sonnet-4-5", **tokens})
    assert (found.input_tokens, found.cached_tokens) == (900, 900)
    assert found.cost_usd is not None
    assert found.cost_usd > 0


@pytest.mark.parametrize(
    "broken",
    [{"trace_id": b""}, {"trace_id": b"\x00" * 16}, {"span_id": b"\x01"}, {"started_ns": 0}, {"ended_ns": 1}],
    ids=str,
)
def test_a_call_that_cannot_be_told_apart_or_placed_is_refused(broken: dict[str, Any]) -> None:
    assert isinstance(event_of(span(CONVENTIONS["of October 2026"], **broken), PRICES), str)


def test_a_spans_event_has_its_own_identity_in_each_tenant() -> None:
    mine, other = uuid4(), uuid4()
    one, two = span({}), span({}, span_id=b"\x03" * 8)
    assert identity(mine, one) == identity(mine, span({"more": "later"}))
    assert len({identity(mine, one), identity(mine, two), identity(other, one)}) == 3


def test_an_event_outlives_its_wait() -> None:
    kept = event({**CONVENTIONS["of October 2026"], "gen_ai.agent.name": "triage"})
    text = orjson.dumps(kept, default=str).decode()
    assert event_from(text) == event_from(text.replace("{", '{"of_a_later_revision":1,', 1)) == kept


def test_json_and_protobuf_say_the_same() -> None:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "chat"
    sent = group.scope_spans.add().spans.add(trace_id=b"\x0a" * 16, span_id=b"\x0b" * 8, name="chat gpt-4o")
    sent.start_time_unix_nano, sent.end_time_unix_nano, sent.status.code = BEGAN, BEGAN + 7, Status.STATUS_CODE_ERROR
    sent.attributes.add(key="n").value.int_value = 7
    sent.attributes.add(key="x").value.double_value = 0.5
    sent.attributes.add(key="b").value.bool_value = True
    sent.attributes.add(key="list").value.array_value.values.add().int_value = 1
    written = {
        "traceId": "0a" * 16,
        "spanId": "0B" * 8,
        "name": "chat gpt-4o",
        "startTimeUnixNano": str(BEGAN),
        "endTimeUnixNano": BEGAN + 7,
        "status": {"code": 2},
        "comesLater": {},
        "attributes": [
            {"key": "n", "value": {"intValue": "7"}},
            {"key": "x", "value": {"doubleValue": 0.5}},
            {"key": "b", "value": {"boolValue": True}},
            {"key": "list", "value": {"arrayValue": {"values": [{"intValue": "1"}]}}},
        ],
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "chat"}}]}
    body = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [written]}]}]}
    assert from_json(orjson.dumps(body)) == from_protobuf(request.SerializeToString())
    assert from_json(b"{}") == from_protobuf(b"") == []
    for wrong in (b'{"resourceSpans": {}}', b'{"resourceSpans": ""}', b'{"resourceSpans": [{"resource": []}]}', b"[]"):
        with pytest.raises(InvalidError):
            from_json(wrong)


@given(st.binary(max_size=200))
def test_what_is_no_request_is_refused_and_never_breaks(body: bytes) -> None:
    for reader in (from_json, from_protobuf):
        try:
            spans = reader(body)
        except InvalidError:
            continue
        assert isinstance(spans, list)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["resourceSpans", "resource", "attributes", "scopeSpans", "spans", "key", "value", "traceId"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_json_of_another_shape_is_refused_and_never_breaks(value: object) -> None:
    try:
        spans = from_json(orjson.dumps(value))
    except (InvalidError, orjson.JSONEncodeError):
        return
    assert all(isinstance(event_of(found, PRICES), UsageEvent | str | None) for found in spans)
