"""Answers to equal prompts of one person, kept in Valkey for a while; off unless configured."""

import hashlib
import json
import logging
from uuid import UUID

from pydantic import JsonValue
from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelResponse
from redis.asyncio import Redis
from redis.exceptions import RedisError

from netra.llm.chat import Request
from netra.settings.model import ModelSettings

LOG = logging.getLogger(__name__)
VOLATILE = {"timestamp", "run_id", "conversation_id", "metadata"}
"""Fields of messages that differ although the prompt is the same."""
AWAY = (RedisError, OSError, TimeoutError)


class AnswerCache:
    """Remembers answers; without Valkey it remembers nothing."""

    def __init__(self, valkey: Redis, ttl_s: int) -> None:
        """Keep each answer this long; 0 switches it off."""
        self._valkey = valkey
        self._ttl_s = ttl_s

    async def get(self, user_id: UUID, model: ModelSettings, request: Request) -> ModelResponse | None:
        """The answer this person got to this prompt from this model."""
        if not self._ttl_s:
            return None
        try:
            kept = await self._valkey.get(_key(user_id, model, request))
        except AWAY as error:
            LOG.info("no cached answers: %s", type(error).__name__)
            return None
        return _read(kept) if kept else None

    async def put(self, user_id: UUID, model: ModelSettings, request: Request, response: ModelResponse) -> None:
        """Keep it."""
        if not self._ttl_s:
            return
        try:
            kept = ModelMessagesTypeAdapter.dump_json([response])
            await self._valkey.set(_key(user_id, model, request), kept, ex=self._ttl_s)
        except AWAY as error:
            LOG.info("answer not cached: %s", type(error).__name__)


def _read(kept: bytes | str) -> ModelResponse | None:
    """What was kept; another version of the model client may have written it otherwise."""
    try:
        found = ModelMessagesTypeAdapter.validate_json(kept)
    except ValueError as error:
        LOG.info("a cached answer is not readable: %s", type(error).__name__)
        return None
    return next((message for message in found if isinstance(message, ModelResponse)), None)


def _key(user_id: UUID, model: ModelSettings, request: Request) -> str:
    said = [_stable(message) for message in ModelMessagesTypeAdapter.dump_python(list(request.messages), mode="json")]
    tools = [(tool.name, tool.description, tool.parameters_json_schema) for tool in request.tools]
    provider = model.provider
    asked = (provider.kind, provider.base_url, model.name, model.temperature, request.max_tokens, tools, said)
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode())
    return f"llm:answer:{user_id}:{digest.hexdigest()}"


def _stable(value: JsonValue) -> JsonValue:
    match value:
        case dict():
            return {name: _stable(part) for name, part in value.items() if name not in VOLATILE}
        case list():
            return [_stable(item) for item in value]
        case _:
            return value
