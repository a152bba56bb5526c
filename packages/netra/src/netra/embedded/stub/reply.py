"""What a door is asked and what it answers, whatever the provider's shape."""

from typing import Literal, NamedTuple, Protocol

from pydantic import JsonValue

from netra.embedded.stub.script import Behaviour, Call, Fault

Finish = Literal["stop", "tools", "content_filter"]
Json = dict[str, JsonValue]


class Asked(NamedTuple):
    """A request for an answer."""

    model: str
    said: str
    """All texts of its messages."""
    stream: bool
    tools: tuple[str, ...]


class Reply(NamedTuple):
    """An answer, before a door gives it its shape."""

    model: str
    words: tuple[str, ...]
    calls: tuple[Call, ...]
    finish: Finish
    input_tokens: int
    output_tokens: int
    broken_arguments: bool
    """The calls' arguments are cut in the middle, so that they are no JSON."""


class Piece(NamedTuple):
    """One part of a stream; only words wait for the token rate."""

    data: bytes
    is_word: bool = False


class Refusal(NamedTuple):
    """An error as a door states it."""

    status: int
    fault: Fault
    message: str


class Door(Protocol):
    """One provider's shape."""

    def asked(self, path: str, body: Json) -> Asked:
        """What the request asks."""
        ...

    def whole(self, reply: Reply) -> Json:
        """The answer as one document."""
        ...

    def pieces(self, reply: Reply) -> list[Piece]:
        """The answer as a stream, to its very end."""
        ...

    def error(self, refusal: Refusal) -> Json:
        """The body of an error."""
        ...


STATUS: dict[Fault, tuple[int, str]] = {
    "refused_key": (401, "the key is not valid"),
    "not_found": (404, "the model does not exist"),
    "quota": (429, "the quota is used up"),
    "rate_limited": (429, "too many requests"),
    "overloaded": (503, "the model is overloaded"),
    "server_error": (500, "the server had an error"),
}
"""Faults that are an error response."""


def refusal(behaviour: Behaviour) -> Refusal | None:
    """The error this behaviour answers with, if it does."""
    if behaviour.fault in STATUS:
        status, message = STATUS[behaviour.fault]
        return Refusal(behaviour.status or status, behaviour.fault, message)
    return Refusal(behaviour.status, "server_error", "scripted status") if behaviour.status else None


def reply(behaviour: Behaviour, asked: Asked) -> Reply:
    """What is answered to that."""
    words = tuple(word if last else f"{word} " for word, last in _marked(behaviour.text.split(" "))) or ("",)
    calls = behaviour.calls if asked.tools else ()
    filtered = behaviour.fault == "content_filter"
    return Reply(
        model=asked.model,
        words=() if filtered or not behaviour.text else words,
        calls=() if filtered else calls,
        finish="content_filter" if filtered else "tools" if calls else "stop",
        input_tokens=len(asked.said.split()),
        output_tokens=0 if filtered else len(words) + sum(len(str(call.arguments)) // 4 + 1 for call in calls),
        broken_arguments=behaviour.fault == "malformed_arguments",
    )


def texts(value: JsonValue) -> str:
    """Every text below `text`, `content` and `parts` keys, and bare strings in lists of them."""
    match value:
        case str():
            return value
        case list():
            return "\n".join(filter(None, (texts(item) for item in value)))
        case dict():
            return "\n".join(filter(None, (texts(value[k]) for k in ("content", "text", "parts") if k in value)))
        case _:
            return ""


def _marked(words: list[str]) -> list[tuple[str, bool]]:
    return [(word, number == len(words) - 1) for number, word in enumerate(words)]
