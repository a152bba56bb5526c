"""Google's door: /v1beta/models/NAME:generateContent and :streamGenerateContent, as far as its client needs it."""

import json
from collections.abc import Mapping

from netra.embedded.stub.reply import Asked, Finish, Json, Piece, Refusal, Reply, texts
from netra.embedded.stub.script import Fault

FINISH: Mapping[Finish, str] = {"stop": "STOP", "tools": "STOP", "content_filter": "SAFETY"}
STATES: Mapping[Fault, str] = {
    "refused_key": "UNAUTHENTICATED",
    "not_found": "NOT_FOUND",
    "quota": "RESOURCE_EXHAUSTED",
    "rate_limited": "RESOURCE_EXHAUSTED",
    "overloaded": "UNAVAILABLE",
}


class GoogleDoor:
    """Generated content."""

    def asked(self, path: str, body: Json) -> Asked:
        """See `Door`."""
        name, _, method = path.rpartition("/")[2].partition(":")
        said = f"{texts(body.get('systemInstruction'))}\n{texts(body.get('contents'))}"
        tools = body.get("tools")
        named = [str(tool) for tool in tools] if isinstance(tools, list) else []
        return Asked(name, said, method == "streamGenerateContent", tuple(named))

    def whole(self, reply: Reply) -> Json:
        """See `Door`."""
        words: list[Json] = [{"text": "".join(reply.words)}] if reply.words else []
        return _document(reply, [*words, *_calls(reply)], finish=True)

    def pieces(self, reply: Reply) -> list[Piece]:
        """See `Door`."""
        words = [_sse(_document(reply, [{"text": word}]), is_word=True) for word in reply.words]
        return [*words, _sse(_document(reply, _calls(reply), finish=True))]

    def error(self, refusal: Refusal) -> Json:
        """See `Door`."""
        state = STATES.get(refusal.fault, "INTERNAL")
        return {"error": {"code": refusal.status, "message": refusal.message, "status": state}}


def _document(reply: Reply, parts: list[Json], *, finish: bool = False) -> Json:
    candidate: Json = {"index": 0, "content": {"role": "model", "parts": [*parts]}}
    usage: Json = {"promptTokenCount": reply.input_tokens}
    if finish:
        candidate["finishReason"] = FINISH[reply.finish]
        usage["candidatesTokenCount"] = reply.output_tokens
        usage["totalTokenCount"] = reply.input_tokens + reply.output_tokens
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": reply.model, "responseId": "stub"}


def _calls(reply: Reply) -> list[Json]:
    return [{"functionCall": {"name": call.name, "args": dict(call.arguments)}} for call in reply.calls]


def _sse(document: Json, *, is_word: bool = False) -> Piece:
    return Piece(f"data: {json.dumps(document)}\r\n\r\n".encode(), is_word)
