"""What a call took where the provider did not say: an estimate, and marked as one. Pure.

A call that was cancelled, broke off or was cut is paid for as well; without a figure nobody would answer for it.
"""

import json
from collections.abc import Sequence

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart

from netra.llm.chat import Request

BYTES_PER_TOKEN = 4
"""Of English text in today's tokenizers; bytes of UTF-8 and not letters, since other scripts take more tokens."""
CHARGED = frozenset({"cancelled", "llm_timeout", "llm_content_filter"})
"""Ends before the first piece of an answer after which the prompt may have been read, and is paid for."""


def tokens_in(text: str) -> int:
    """About how many tokens this text is."""
    return -(-len(text.encode(errors="surrogatepass")) // BYTES_PER_TOKEN)


def of_request(request: Request) -> int:
    """About how many tokens a provider reads for this request."""
    tools = json.dumps([(tool.name, tool.description, tool.parameters_json_schema) for tool in request.tools])
    return of_messages(request.messages) + (tokens_in(tools) if request.tools else 0)


def of_messages(messages: Sequence[ModelMessage]) -> int:
    """About how many tokens these messages are."""
    return sum(tokens_in(_said(part)) for message in messages for part in message.parts)


def of_response(response: ModelResponse) -> int:
    """About how many tokens this answer is."""
    return sum(tokens_in(_said(part)) for part in response.parts)


def is_charged(outcome: str, heard: int) -> bool:
    """Whether a call that ended so, after so many tokens of its answer, is likely to be paid for."""
    return heard > 0 or outcome in CHARGED


def _said(part: object) -> str:
    match part:
        case ToolCallPart():
            return part.tool_name + part.args_as_json_str()
        case TextPart():
            return part.content
        case _:
            content = getattr(part, "content", "")
            return content if isinstance(content, str) else json.dumps(content, default=str)
