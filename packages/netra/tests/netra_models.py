"""HTTP endpoints that stand in for a language model: real sockets, scripted answers."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

KEY = "sk-of-this-test-and-of-no-other-one"
Answer = Callable[[dict[str, Any]], bytes | None]
"""From the request's body to the whole HTTP response; None: accept and send nothing."""


@dataclass
class Endpoint:
    """Where it listens, and what it was asked."""

    port: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def environ(self) -> dict[str, str]:
        return {
            "LLM_BASE_URL": f"http://127.0.0.1:{self.port}/v1",
            "LLM_MODEL": "scripted",
            "LLM_API_KEY": KEY,
        }


@asynccontextmanager
async def endpoint(answer: Answer) -> AsyncGenerator[Endpoint]:
    served = Endpoint()
    release = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l")]
        served.asked.append(json.loads(await reader.readexactly(lengths[0])) if lengths else {})
        response = answer(served.asked[-1])
        if response is None:
            await release.wait()
        else:
            writer.write(response)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        release.set()
        server.close()
        await server.wait_closed()


def response(status: int, body: object, kind: str = "application/json") -> bytes:
    content = (body if isinstance(body, str) else json.dumps(body)).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    return head.encode() + content


def streamed(*deltas: dict[str, Any], finish: str = "stop") -> bytes:
    """A chat completion in pieces, as OpenAI-compatible endpoints send it."""

    def chunk(delta: dict[str, Any], reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return json.dumps(
            {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": [choice]}
        )

    chunks = [*(chunk(delta) for delta in deltas), chunk({}, finish), "[DONE]"]
    return response(200, "".join(f"data: {piece}\n\n" for piece in chunks), "text/event-stream")


def text(*pieces: str) -> bytes:
    """An answer in words."""
    return streamed(*({"role": "assistant", "content": piece} for piece in pieces))


def tool_call(name: str, arguments: dict[str, Any]) -> bytes:
    """An answer that asks for a tool."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"index": 0, "id": "call-1", "type": "function", "function": function}
    return streamed({"role": "assistant", "content": None, "tool_calls": [call]}, finish="tool_calls")
