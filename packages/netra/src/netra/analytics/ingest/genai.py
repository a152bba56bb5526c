"""A span of a model call as a usage event, by the GenAI semantic conventions and the names from before them.

https://github.com/open-telemetry/semantic-conventions-genai (names of October 2026), the deprecated names of its
registry, OpenLLMetry's and OpenInference's. Spans of agents, tools and workflows are no model calls: where they carry
tokens these are sums over the calls below them.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from netra.analytics.events import UsageEvent
from netra.analytics.ingest.parse import MAX_TEXT, MAX_TOKENS
from netra.analytics.ingest.spans import SPAN_ID_BYTES, TRACE_ID_BYTES, Scalar, Span
from netra.analytics.pricing import PriceCatalogue
from netra.analytics.scope import EARLIEST, LATEST

MODEL_CALLS = frozenset(
    {"chat", "text_completion", "generate_content", "embeddings", "completion", "embedding", "rerank"}
)
"""Values of the operation's name; the last three are OpenLLMetry's."""
KINDS = frozenset({"llm", "embedding"})
"""Of OpenInference's spans those that call a model."""
OPERATION = ("gen_ai.operation.name", "llm.request.type")
KIND = ("openinference.span.kind",)
INPUT = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens", "llm.token_count.prompt")
OUTPUT = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.completion_tokens",
    "llm.token_count.completion",
)
CACHED = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.input_tokens.cached",
    "gen_ai.usage.cached_input_tokens",
    "llm.token_count.prompt_details.cache_read",
)
REQUESTED = ("gen_ai.request.model", "llm.request.model", "llm.model_name", "embedding.model_name")
ANSWERED = ("gen_ai.response.model", "llm.response.model")
PROVIDER = ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system")
DIMENSIONS = {
    "operation": OPERATION,
    "agent": ("gen_ai.agent.name",),
    "conversation": ("gen_ai.conversation.id", "session.id"),
}
"""What is kept with the event, by name, and the attributes that say it."""
CATALOGUED = {
    "aws.bedrock": "aws",
    "aws_bedrock": "aws",
    "bedrock": "aws",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "az.ai.openai": "azure",
    "az.ai.inference": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "gemini": "google",
    "vertex_ai": "google",
    "vertexai": "google",
    "google_genai": "google",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "moonshot_ai": "moonshotai",
    "x_ai": "x-ai",
    "xai": "x-ai",
}
"""The price catalogue's name of a provider, where the conventions have another."""
UNKNOWN = "unknown"


def event_of(span: Span, prices: PriceCatalogue) -> UsageEvent | str | None:
    """The call's event; None when the span is no model call, or a sentence that says why it cannot be taken."""
    if not is_model_call(span.attributes):
        return None
    if why := _refusal(span):
        return why
    given = span.attributes
    at = datetime.fromtimestamp(span.started_ns // 1_000_000_000, UTC) + timedelta(
        microseconds=span.started_ns % 1_000_000_000 // 1000
    )
    provider = provider_of(_text(given, PROVIDER))
    model = _model(_text(given, REQUESTED), _text(given, ANSWERED), provider, prices)
    tokens_in, tokens_out, cached = _tokens(given)
    known = prices.find(model, provider)
    return UsageEvent(
        at=at,
        workload=_text(span.resource, ("service.name",)) or UNKNOWN,
        model=model or UNKNOWN,
        provider=provider or (known.provider if known else UNKNOWN),
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cached_tokens=cached,
        latency_ms=(span.ended_ns - span.started_ns) / 1e6,
        cost_usd=prices.cost(known, at, tokens_in, tokens_out, cached) if known else None,
        status=_status(span),
        dimensions={name: text for name, keys in DIMENSIONS.items() if (text := _text(given, keys))},
    )


def identity(tenant_id: UUID, span: Span) -> UUID:
    """The event's id: the same whenever the span is sent again."""
    return UUID(bytes=hashlib.sha256(tenant_id.bytes + b"span" + span.trace_id + span.span_id).digest()[:16])


def is_model_call(attributes: Mapping[str, Scalar]) -> bool:
    """Whether the span is one call of a model, not a sum over several."""
    if kind := _text(attributes, KIND):
        return kind.lower() in KINDS
    if operation := _text(attributes, OPERATION):
        return operation.lower() in MODEL_CALLS
    # Instrumentations from before there were names of operations.
    return bool(_text(attributes, REQUESTED)) and any(key in attributes for key in INPUT)


def provider_of(name: str) -> str:
    """The provider as the price catalogue names it."""
    name = name.lower()
    return CATALOGUED.get(name, name)


def _refusal(span: Span) -> str | None:
    if len(span.trace_id) != TRACE_ID_BYTES or not any(span.trace_id):
        return "a trace id is not 16 bytes with something in them"
    if len(span.span_id) != SPAN_ID_BYTES or not any(span.span_id):
        return "a span id is not 8 bytes with something in them"
    if not EARLIEST.timestamp() < span.started_ns / 1e9 < LATEST.timestamp():
        return f"a span starts at no moment between {EARLIEST:%Y} and {LATEST:%Y}"
    return "a span ends before it starts" if span.ended_ns < span.started_ns else None


def _model(requested: str, answered: str, provider: str, prices: PriceCatalogue) -> str:
    """The name people asked for, unless only the one that answered has a price, as behind a deployment's own name."""
    if requested and (prices.find(requested, provider) or not answered or not prices.find(answered, provider)):
        return requested
    return answered or requested


def _tokens(given: Mapping[str, Scalar]) -> tuple[int, int, int]:
    """Input, output and cached tokens; some providers do not count the cached ones among the input, as they should."""
    tokens_in, tokens_out, cached = (_count(given, keys) for keys in (INPUT, OUTPUT, CACHED))
    return max(tokens_in, cached), tokens_out, cached


def _status(span: Span) -> str:
    kind = _text(span.attributes, ("error.type",))
    return (kind or "error") if span.failed or kind else "ok"


def _count(given: Mapping[str, Scalar], keys: tuple[str, ...]) -> int:
    """The first of these that is a number of tokens, else 0."""
    for key in keys:
        value = given.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_TOKENS:
            return int(value)
    return 0


def _text(given: Mapping[str, Scalar], keys: tuple[str, ...]) -> str:
    """The first of these that says something, cut to what is stored; NUL cannot be."""
    texts = (str(given[key]).replace("\x00", "").strip() for key in keys if key in given)
    return next(filter(None, texts), "")[:MAX_TEXT]
