"""An OpenAI-compatible endpoint with scripted answers and no think time, as a process of its own.

`python scripted_model.py PORT`. A run of netra asks it four times: triage gets a sentence, data a tool call and then
`done`, reporting 50 pieces of text.
"""

import json
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import uvicorn
from scripted_worker import PIECES
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

NAME = "scripted"
KEY = "sk-this-endpoint-knows-no-secrets"
TOOL = "token_statistics"
SENTENCE = 10
"""Words of a sentence: netra shows a model's prose sentence by sentence."""


def words() -> list[str]:
    """The text of a run, in pieces; no numbers, for netra withholds those that no tool produced."""
    return ["word. " if number % SENTENCE == SENTENCE - 1 else "word " for number in range(PIECES)]


def deltas(body: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """What the model says to this request, and how it ends."""
    if not body.get("tools"):
        reporting = "The report:" in str(body["messages"][-1]["content"])
        return [{"content": word} for word in (words() if reporting else ["About usage."])], "stop"
    if body["messages"][-1]["role"] == "tool":
        return [{"content": "done."}], "stop"
    call = {"index": 0, "id": "call-1", "type": "function", "function": {"name": TOOL, "arguments": "{}"}}
    return [{"role": "assistant", "content": None, "tool_calls": [call]}], "tool_calls"


def chunks(body: dict[str, Any]) -> Iterator[bytes]:
    """The answer as server-sent events, one a piece."""
    said, finish = deltas(body)
    for delta, reason in [*((delta, None) for delta in said), ({}, finish)]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": int(time.time()), "model": NAME}
        yield f"data: {json.dumps({**chunk, 'choices': [choice]})}\n\n".encode()
    yield b"data: [DONE]\n\n"


async def complete(request: Request) -> Response:
    """Answer a chat completion."""
    body = await request.json()

    async def stream() -> AsyncGenerator[bytes]:  # Starlette would move a plain iterator into threads
        for chunk in chunks(body):
            yield chunk

    return StreamingResponse(stream(), media_type="text/event-stream")


async def models(_request: Request) -> Response:
    """The list of models."""
    return JSONResponse({"object": "list", "data": [{"id": NAME, "object": "model"}]})


ROUTES = [Route("/v1/chat/completions", complete, methods=["POST"]), Route("/v1/models", models)]

if __name__ == "__main__":
    uvicorn.run(Starlette(routes=ROUTES), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
