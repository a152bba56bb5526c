"""Anthropic's door: /v1/messages, as far as its client needs it."""

import json
from collections.abc import Mapping

from netra.embedded.stub.reply import Asked, Finish, Json, Piece, Refusal, Reply, texts
from netra.embedded.stub.script import Fault

FINISH: Mapping[Finish, str] = {"stop": "end_turn", "tools": "tool_use", "content_filter": "refusal"}
TYPES: Mapping[Fault, str] = {
    "refused_key": "authentication_error",
    "not_found": "not_found_error",
    "quota": "billing_error",
    "rate_limited": "rate_limit_error",
    "overloaded": "overloaded_error",
}


class AnthropicDoor:
    """Messages."""

    def asked(self, path: str, body: Json) -> Asked:
        """See `Door`."""
        del path
        said = f"{texts(body.get('system'))}\n{texts(body.get('messages'))}"
        tools = body.get("tools")
        named = [str(tool["name"]) for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
        return Asked(str(body.get("model")), said, body.get("stream") is True, tuple(named))

    def whole(self, reply: Reply) -> Json:
        """See `Door`."""
        blocks: list[Json] = []
        if reply.words:
            blocks.append({"type": "text", "text": "".join(reply.words)})
        for number, call in enumerate(reply.calls):
            blocks.append({"type": "tool_use", "id": f"toolu_{number}", "name": call.name, "input": call.arguments})
        return {**_head(reply), "content": [*blocks], "stop_reason": FINISH[reply.finish], "usage": _usage(reply)}

    def pieces(self, reply: Reply) -> list[Piece]:
        """See `Door`."""
        begun: Json = {
            **_head(reply),
            "content": [],
            "stop_reason": None,
            "usage": {**_usage(reply), "output_tokens": 0},
        }
        pieces = [_sse("message_start", {"message": begun}), *_text(reply)]
        first = 1 if reply.words else 0
        for number, call in enumerate(reply.calls, start=first):
            block: Json = {"type": "tool_use", "id": f"toolu_{number}", "name": call.name, "input": {}}
            arguments = json.dumps(call.arguments)
            cut = arguments[:-1] if reply.broken_arguments else arguments
            delta: Json = {"type": "input_json_delta", "partial_json": cut}
            pieces.append(_sse("content_block_start", {"index": number, "content_block": block}))
            pieces.append(_sse("content_block_delta", {"index": number, "delta": delta}))
            pieces.append(_sse("content_block_stop", {"index": number}))
        stop: Json = {"stop_reason": FINISH[reply.finish], "stop_sequence": None}
        pieces.append(_sse("message_delta", {"delta": stop, "usage": {"output_tokens": reply.output_tokens}}))
        return [*pieces, _sse("message_stop", {})]

    def error(self, refusal: Refusal) -> Json:
        """See `Door`."""
        kind = TYPES.get(refusal.fault, "api_error")
        return {"type": "error", "error": {"type": kind, "message": refusal.message}, "request_id": "req_stub"}


def _text(reply: Reply) -> list[Piece]:
    if not reply.words:
        return []
    words = [
        _sse("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": word}}, is_word=True)
        for word in reply.words
    ]
    block: Json = {"type": "text", "text": ""}
    return [
        _sse("content_block_start", {"index": 0, "content_block": block}),
        *words,
        _sse("content_block_stop", {"index": 0}),
    ]


def _head(reply: Reply) -> Json:
    return {"id": "msg_stub", "type": "message", "role": "assistant", "model": reply.model, "stop_sequence": None}


def _usage(reply: Reply) -> Json:
    return {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens}


def _sse(event: str, data: Json, *, is_word: bool = False) -> Piece:
    return Piece(f"event: {event}\ndata: {json.dumps({'type': event, **data})}\n\n".encode(), is_word)
