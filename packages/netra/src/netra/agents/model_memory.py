"""A model that shortens what a long conversation was about.

Importing this imports the model client, which costs over a second; only workers with a model do.
"""

import asyncio
import logging
from datetime import UTC, datetime

from pydantic_ai.messages import ModelRequest, SystemPromptPart, UserPromptPart

from netra.agents import prompts
from netra.agents.memory import Shortened
from netra.agents.steps import Client
from netra.agents.wanted import text_of
from netra.errors import NetraError
from netra.llm.chat import Request
from netra.llm.ledger import Caller
from netra.llm.models import Answered, RoleModels

LOG = logging.getLogger(__name__)
ROLE = "memory"


class ModelShortener:
    """Asks a role's models for the digest."""

    def __init__(self, models: RoleModels) -> None:
        """Ask these models."""
        self._models = models

    async def shorten(self, whose: Client, text: str, seconds: float) -> Shortened | None:
        """The model's digest; None when no model answers in that time."""
        until = asyncio.get_running_loop().time() + seconds
        turn = self._models.turn(Caller(**whose.model_dump(), role=ROLE, until=until))
        prompt = prompts.prompt(ROLE, datetime.now(UTC))
        messages = [ModelRequest(parts=[SystemPromptPart(prompt), UserPromptPart(text)])]
        asked = Request(messages=messages, max_tokens=prompts.TOKENS[ROLE])
        try:
            async for piece in turn.stream(asked, shown=False):
                if isinstance(piece, Answered):
                    return Shortened(text=text_of(piece.response), analyst=piece.call.model)
        except NetraError as error:
            LOG.info("no model shortens the thread of run %s: %s", whose.run_id, error)
        return None
