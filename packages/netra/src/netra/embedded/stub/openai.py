"""The door of OpenAI and of everything compatible: /v1/chat/completions."""

import json
from collections.abc import Mapping

from pydantic import JsonValue

from netra.embedded.stub.reply import Asked, Finish, Json, Piece, Refusal, Reply, texts
from netra.embedded.stub.script import Call, Fault

FINISH: Mapping[Finish, str] = {"stop": "stop", "tools": "tool_calls", "content_filter": "content_filter"}
CODES: Mapping[Fault, str] = {
    "refused_key": "invalid_api_key",
    "not_found": "model_not_found",
    "quota": "insufficient_quota",
    "rate_limited": "rate_limit_exceeded",
}
CREATED = 1_700_000_000


class OpenAIDoor:
    """Chat completions."""

    def asked(self, path: str, body: Json) -> Asked:
        """See `Door`."""
        del path
        tools = body.get("tools")
        named = [str(tool["function"]) for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
        return Asked(str(body.get("model")), texts(body.get("messages")), body.get("stream") is True, tuple(named))

    def whole(self, reply: Reply) -> Json:
        """See `Door`."""
        message: Json = {"role": "assistant", "content": "".join(reply.words) or None}
        if reply.calls:
            message["tool_calls"] = [_call(call, number, reply) for number, call in enumerate(reply.calls)]
        choice: Json = {"index": 0, "message": message, "finish_reason": FINISH[reply.finish]}
        return {**_head(reply, "chat.completion"), "choices": [choice], "usage": _usage(reply)}

    def pieces(self, reply: Reply) -> list[Piece]:
        """See `Door`."""
        words = [_chunk(reply, {"role": "assistant", "content": word}, is_word=True) for word in reply.words]
        calls = [
            _chunk(reply, {"tool_calls": [{"index": number, **_call(call, number, reply)}]})
            for number, call in enumerate(reply.calls)
        ]
        end = _chunk(reply, {}, finish=FINISH[reply.finish])
        usage: Json = {**_head(reply, "chat.completion.chunk"), "choices": [], "usage": _usage(reply)}
        return [*words, *calls, end, _sse(usage), Piece(b"data: [DONE]\n\n")]

    def error(self, refusal: Refusal) -> Json:
        """See `Door`."""
        code = CODES.get(refusal.fault)
        return {"error": {"message": refusal.message, "type": code or "server_error", "param": None, "code": code}}


def _head(reply: Reply, kind: str) -> Json:
    return {"id": "chatcmpl-stub", "object": kind, "created": CREATED, "model": reply.model}


def _chunk(reply: Reply, delta: dict[str, JsonValue], *, finish: str | None = None, is_word: bool = False) -> Piece:
    choice: Json = {"index": 0, "delta": delta, "finish_reason": finish}
    return _sse({**_head(reply, "chat.completion.chunk"), "choices": [choice]}, is_word=is_word)


def _sse(document: Json, *, is_word: bool = False) -> Piece:
    return Piece(f"data: {json.dumps(document)}\n\n".encode(), is_word)


def _usage(reply: Reply) -> Json:
    total = reply.input_tokens + reply.output_tokens
    return {"prompt_tokens": reply.input_tokens, "completion_tokens": reply.output_tokens, "total_tokens": total}


def _call(call: Call, number: int, reply: Reply) -> Json:
    arguments = json.dumps(call.arguments)
    cut = arguments[:-1] if reply.broken_arguments else arguments
    return {"id": f"call_{number}", "type": "function", "function": {"name": call.name, "arguments": cut}}
