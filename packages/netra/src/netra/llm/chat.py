"""One language model behind an OpenAI-compatible endpoint, through Pydantic AI.

Importing this costs over a second (the OpenAI SDK); only processes that talk to a model do.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Sequence

import httpx2
from openai import AsyncOpenAI
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
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from netra.errors import LLMError
from netra.llm.failures import FAILURES, RETRYABLE, typed
from netra.settings.model import LLMSettings
from netra.settings.timeouts import Timeouts

LOG = logging.getLogger(__name__)
JITTER_S = (0.2, 0.6)
"""Before the second try: spread, so that runs that failed together do not return together."""


class Request(BaseModel):
    """One request to the model."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    messages: Sequence[ModelMessage]
    tools: tuple[ToolDefinition, ...] = ()
    max_tokens: int


class ChatModel:
    """Streams answers of one model; retries once what may pass by itself, and only before it has said anything."""

    def __init__(self, settings: LLMSettings, timeouts: Timeouts) -> None:
        """Nothing is connected before the first request."""
        self.name = settings.model
        self._timeouts = timeouts
        # The environment belongs to netra.settings: no proxy or certificate variables are read here.
        self._http = httpx2.AsyncClient(trust_env=False, timeout=timeouts.llm_call_s)
        client = AsyncOpenAI(
            base_url=settings.base_url,
            api_key=settings.api_key.get_secret_value(),
            max_retries=0,
            http_client=self._http,
        )
        self._model = OpenAIChatModel(settings.model, provider=OpenAICompatibleProvider("llm", openai_client=client))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def stream(self, request: Request) -> AsyncGenerator[str | ModelResponse]:
        """Pieces of text as they come, then the whole response. Raises LLMError."""
        silent = True
        try:
            async for piece in self._once(request):
                silent = False
                yield piece
        except LLMError as error:
            if not silent or error.reason not in RETRYABLE:
                raise
            LOG.warning("%s; one more try", error.message)
        else:
            return
        await asyncio.sleep(random.uniform(*JITTER_S))  # noqa: S311 - spreads load, guards nothing
        async for piece in self._once(request):
            yield piece

    async def _once(self, request: Request) -> AsyncGenerator[str | ModelResponse]:
        settings = ModelSettings(
            max_tokens=request.max_tokens,
            temperature=0.0,
            first_event_timeout=self._timeouts.llm_first_byte_s,
            request_timeout=self._timeouts.llm_call_s,
        )
        parameters = ModelRequestParameters(function_tools=list(request.tools))
        try:
            async with model_request_stream(
                self._model, request.messages, model_settings=settings, model_request_parameters=parameters
            ) as stream:
                async for event in stream:
                    match event:
                        case PartStartEvent(part=TextPart(content=text)) if text:
                            yield text
                        case PartDeltaEvent(delta=TextPartDelta(content_delta=text)) if text:
                            yield text
                        case _:
                            pass
                yield stream.get()
        except FAILURES as error:
            raise typed(error, model=self.name) from error
