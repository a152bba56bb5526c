"""What was said to and by a model, as spans hold it where an operator wants that."""

from collections.abc import Sequence

import orjson
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.trace import NoOpTracerProvider
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models.instrumented import InstrumentationSettings

from netra.telemetry import spans
from netra.telemetry.calls import ModelCall

CONVENTIONS = InstrumentationSettings(
    tracer_provider=NoOpTracerProvider(), meter_provider=NoOpMeterProvider(), include_binary_content=False
)
"""Pydantic AI knows how the GenAI conventions write messages; spans it makes none."""


def tell(told: ModelCall, asked: Sequence[ModelMessage], answered: ModelResponse) -> None:
    """Put both into the call's span, if spans may hold content."""
    if spans.content():
        told.messages(_written(asked), _written([answered]))


def _written(messages: Sequence[ModelMessage]) -> str:
    return orjson.dumps(CONVENTIONS.messages_to_otel_messages(list(messages)), default=str).decode()
