"""One call of one language model, streamed, through Pydantic AI.

Importing this costs half a second; only processes that talk to a model do.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import httpx2
from pydantic import BaseModel, ConfigDict
from pydantic_ai.direct import model_request_stream
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings as CallSettings
from pydantic_ai.tools import ToolDefinition

from netra.llm.course import Failed
from netra.llm.failures import FAILURES, CallError, failure
from netra.llm.providers import client, require
from netra.settings.model import ModelSettings
from netra.settings.timeouts import Timeouts


class Request(BaseModel):
    """One request to a model."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    messages: Sequence[ModelMessage]
    tools: tuple[ToolDefinition, ...] = ()
    max_tokens: int


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The whole response, and how long it took."""

    response: ModelResponse
    ms: float
    first_ms: float


class ChatModel:
    """One model: asks once, and says in one vocabulary how that failed."""

    def __init__(self, settings: ModelSettings, timeouts: Timeouts) -> None:
        """Nothing is imported or connected before the first request."""
        require(settings.provider)
        self.settings = settings
        self._timeouts = timeouts
        # The environment belongs to netra.settings: no proxy or certificate variables are read here.
        self._http = httpx2.AsyncClient(trust_env=False, timeout=timeouts.llm_call_s)
        self._made: asyncio.Task[Model] | None = None

    def prepare(self) -> "asyncio.Task[Model]":
        """Begin to import the provider's client, in a thread: seconds in which the loop would keep no lease."""
        if self._made is None:
            making = asyncio.to_thread(client, self.settings, self._http)
            self._made = asyncio.create_task(making, name=f"client of {self.settings.provider.name}")
        return self._made

    async def aclose(self) -> None:
        """Close the connections."""
        if self._made is not None:
            await asyncio.wait([self._made])
        await self._http.aclose()

    async def ask(self, request: Request, seconds: float) -> AsyncGenerator[str | Answer]:
        """Pieces of text as they come, then the whole answer, within the time. Raises CallError."""
        began = time.perf_counter()
        first_ms = 0.0
        try:
            async with aclosing(self._pieces(request, seconds)) as pieces:
                async for piece in pieces:
                    first_ms = first_ms or _ms(began)
                    told = isinstance(piece, str)
                    yield piece if told else Answer(response=_whole(piece), ms=_ms(began), first_ms=first_ms)
        except FAILURES as error:
            raise CallError(failure(error, spoke=False)) from error

    async def _pieces(self, request: Request, seconds: float) -> AsyncGenerator[str | ModelResponse]:
        asking = model_request_stream(
            await asyncio.shield(self.prepare()),
            request.messages,
            model_settings=self._call_settings(request, seconds),
            model_request_parameters=ModelRequestParameters(function_tools=list(request.tools)),
        )
        async with asking as stream:
            async for event in stream:
                match event:
                    case PartStartEvent(part=TextPart(content=text)) if text:
                        yield text
                    case PartDeltaEvent(delta=TextPartDelta(content_delta=text)) if text:
                        yield text
                    case _:
                        pass
            yield stream.get()

    def _call_settings(self, request: Request, seconds: float) -> CallSettings:
        limit_s = min(self._timeouts.llm_call_s, seconds)
        settings = CallSettings(
            max_tokens=request.max_tokens,
            first_event_timeout=min(self._timeouts.llm_first_byte_s, limit_s),
            request_timeout=limit_s,
        )
        if self.settings.temperature is not None:
            settings["temperature"] = self.settings.temperature
        return settings


def _whole(response: ModelResponse) -> ModelResponse:
    """The response, unless it is none. Raises CallError."""
    if response.finish_reason == "content_filter":
        raise CallError(Failed("llm_content_filter", transient=False, retry_after=None, spoke=False))
    if response.finish_reason is None:
        raise CallError(Failed("llm_malformed", transient=True, retry_after=None, spoke=False))
    return response


def _ms(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)
