"""The calls that a model wants, read from its answer; what cannot be read is asked for once more, with the error."""

from collections.abc import AsyncGenerator, Sequence

from pydantic import BaseModel, ConfigDict
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, UserPromptPart
from pydantic_ai.tools import ToolDefinition

from netra.agents.steps import CallTool
from netra.llm.chat import Request
from netra.llm.failures import failed
from netra.llm.models import Answered, Passed, Turn
from netra.llm.no_answer import NoAnswerError
from netra.tools.registry import meant

AGAIN = "Your last call could not be read: {error}. Call the tool again, with arguments that are one valid JSON object."


class Wanted(BaseModel):
    """What a model asked for, and which model it was."""

    model_config = ConfigDict(frozen=True)

    text: str
    calls: tuple[CallTool, ...]
    analyst: str


async def wanted(
    turn: Turn, messages: Sequence[ModelMessage], tools: tuple[ToolDefinition, ...], *, max_tokens: int
) -> AsyncGenerator[Passed | Wanted]:
    """The models that were passed over, then what the one that answered wants. Raises NoAnswerError."""
    asked = list(messages)
    for last in (False, True):
        request = Request(messages=asked, tools=tools, max_tokens=max_tokens)
        async for piece in turn.stream(request, shown=False):
            if isinstance(piece, Passed):
                yield piece
            elif isinstance(piece, Answered):
                error = unreadable(piece.response)
                if not error:
                    yield _read(piece)
                    return
                if last:
                    raise NoAnswerError(failed("llm_malformed", model=piece.call.model), tuple(turn.calls))
                asked.append(ModelRequest(parts=[UserPromptPart(AGAIN.format(error=error))]))


def unreadable(response: ModelResponse) -> str:
    """Which call's arguments are no JSON object; empty when all are."""
    for part in response.tool_calls:
        try:
            part.args_as_dict(raise_if_invalid=True)
        except (ValueError, AssertionError):
            return f"the arguments of {part.tool_name} are no JSON object"
    return ""


def text_of(response: ModelResponse) -> str:
    """All that it says in words."""
    return "".join(part.content for part in response.parts if isinstance(part, TextPart)).strip()


def _read(answered: Answered) -> Wanted:
    parts = answered.response.tool_calls
    calls = [CallTool(tool=meant(part.tool_name), arguments=part.args_as_dict(raise_if_invalid=True)) for part in parts]
    return Wanted(text=text_of(answered.response), calls=tuple(calls), analyst=answered.call.model)
