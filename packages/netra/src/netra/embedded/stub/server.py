"""The stub's server: who may ask, which door, what is answered, and a count of it all."""

import asyncio
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import BaseModel, JsonValue, SecretStr, ValidationError

from netra.embedded.ports import LOOPBACK
from netra.embedded.stub.anthropic import AnthropicDoor
from netra.embedded.stub.google import GoogleDoor
from netra.embedded.stub.http import EVENTS, Answer, Request, receive
from netra.embedded.stub.openai import OpenAIDoor
from netra.embedded.stub.reply import STATUS, Asked, Door, Json, Refusal, Reply, refusal, reply
from netra.embedded.stub.script import Behaviour, Fault, Player, Script

MOST_KEPT = 10_000
"""Records of requests; the oldest go."""
GOOGLE = "/v1beta/models/"
CONTROLS = "there are /stub/behaviour (GET, PUT) and /stub/requests (GET, DELETE)"
GONE = (ConnectionError, TimeoutError)


class Record(BaseModel):
    """One request for an answer, without any key."""

    at: datetime
    path: str
    model: str
    stream: bool
    tools: int
    said: str
    fault: Fault
    status: int = 0
    """0 until the answer begins."""


class Stub:
    """Answers by script."""

    def __init__(self, *, model: str, api_key: SecretStr, script: Script) -> None:
        """Serve this model to whoever has the key."""
        self._model = model
        self._key = api_key.get_secret_value()
        self._player = Player(script)
        self._records: list[Record] = []
        self._refused = 0

    async def serve(self, port: int) -> asyncio.Server:
        """Listen on this port of the loopback address."""
        return await asyncio.start_server(self._connected, LOOPBACK, port, limit=1024 * 1024)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await receive(reader)
        try:
            if request is not None:
                await self._answer(request, Answer(reader, writer))
        except GONE:
            pass  # the client had enough
        finally:
            writer.close()

    async def _answer(self, request: Request, answer: Answer) -> None:
        door = _door(request)
        if request.path == "/health":
            await answer.whole(200, {"status": "ok"})
        elif not self._admitted(request):
            self._refused += 1
            await _refuse(answer, door, _standing("refused_key"))
        elif request.path.startswith("/stub/"):
            await self._control(request, answer)
        elif request.method == "GET":
            await self._list(request, answer, door)
        elif request.method == "POST":
            await self._complete(request, answer, door)
        else:
            await _refuse(answer, door, _standing("not_found"))

    def _admitted(self, request: Request) -> bool:
        headers = request.headers
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        given = headers.get("x-api-key") or headers.get("x-goog-api-key") or bearer
        own = request.path.startswith("/stub/") or not self._player.script.refuse_keys
        return own and secrets.compare_digest(given.encode(), self._key.encode())

    @property
    def _models(self) -> tuple[str, ...]:
        return self._player.script.models or (self._model,)

    async def _list(self, request: Request, answer: Answer, door: Door) -> None:
        path = request.path.rstrip("/")
        name = path.partition("/models/")[2]
        if path.endswith("/models"):
            await answer.whole(200, {"object": "list", "data": [_listed(m) for m in self._models], "has_more": False})
        elif name in self._models:
            await answer.whole(200, _listed(name))
        else:
            await _refuse(answer, door, _standing("not_found"))

    async def _complete(self, request: Request, answer: Answer, door: Door) -> None:
        try:
            asked = door.asked(request.path, json.loads(request.body))
        except (ValueError, KeyError, TypeError):
            await _refuse(answer, door, Refusal(400, "server_error", "the request is not understood"))
            return
        behaviour = self._player.next(asked.said)
        if asked.model not in self._models:
            behaviour = Behaviour(fault="not_found")
        record = self._note(request, asked, behaviour)
        try:
            await _play(behaviour, asked, answer, door)
        finally:
            record.status = answer.status

    def _note(self, request: Request, asked: Asked, behaviour: Behaviour) -> Record:
        record = Record(
            at=datetime.now(UTC),
            path=request.path,
            model=asked.model,
            stream=asked.stream,
            tools=len(asked.tools),
            said=asked.said,
            fault=behaviour.fault,
        )
        self._records.append(record)
        del self._records[:-MOST_KEPT]
        return record

    async def _control(self, request: Request, answer: Answer) -> None:
        match request.method, request.path:
            case "GET", "/stub/behaviour":
                await answer.whole(200, self._player.script.model_dump(mode="json"))
            case "PUT", "/stub/behaviour":
                await self._change(request, answer)
            case "GET", "/stub/requests":
                listed: list[JsonValue] = [record.model_dump(mode="json") for record in self._records]
                await answer.whole(200, {"count": len(listed), "refused": self._refused, "requests": listed})
            case "DELETE", "/stub/requests":
                self._records, self._refused = [], 0
                await answer.whole(200, {"count": 0})
            case _:
                await answer.whole(
                    404, {"error": "there are /stub/behaviour (GET, PUT) and /stub/requests (GET, DELETE)"}
                )

    async def _change(self, request: Request, answer: Answer) -> None:
        try:
            self._player = Player(Script.model_validate_json(request.body))
        except ValidationError as error:
            await answer.whole(422, {"error": [f"{e['loc']}: {e['msg']}" for e in error.errors(include_url=False)]})
            return
        await answer.whole(200, self._player.script.model_dump(mode="json"))


async def _play(behaviour: Behaviour, asked: Asked, answer: Answer, door: Door) -> None:
    refused = refusal(behaviour)
    if refused is not None:
        await _refuse(answer, door, refused, behaviour.retry_after)
        return
    if behaviour.fault == "hang":
        await answer.silence()
        return
    await asyncio.sleep(behaviour.first_token_s)
    made = reply(behaviour, asked)
    if asked.stream:
        await _stream(behaviour, made, answer, door)
    elif behaviour.fault == "invalid_json":
        await answer.raw(200, b'{"id": "chatcmpl-stub", "choices": [')
    else:
        await asyncio.sleep(_pause(behaviour) * len(made.words))
        await answer.whole(200, door.whole(made))


async def _stream(behaviour: Behaviour, made: Reply, answer: Answer, door: Door) -> None:
    await answer.begin(200, {"Content-Type": EVENTS, "Transfer-Encoding": "chunked"})
    words = 0
    for piece in door.pieces(made):
        if (words >= behaviour.after_tokens or not piece.is_word) and behaviour.fault in _MID_STREAM:
            await _MID_STREAM[behaviour.fault](answer)
            return
        await answer.chunk(piece.data)
        if piece.is_word:
            words += 1
            await asyncio.sleep(_pause(behaviour))
    await answer.finish()


async def _broken(answer: Answer) -> None:
    """The connection ends in the middle of the stream."""
    del answer


async def _early(answer: Answer) -> None:
    """The stream ends in order, without the words that end an answer."""
    await answer.finish()


async def _garbled(answer: Answer) -> None:
    await answer.chunk(b'data: {"choices": [{"index": 0, "del\n\n')
    await answer.finish()


_MID_STREAM = {"hang_mid_stream": Answer.silence, "broken_off": _broken, "truncated": _early, "invalid_json": _garbled}


def _pause(behaviour: Behaviour) -> float:
    return 1 / behaviour.tokens_per_s if behaviour.tokens_per_s else 0.0


def _door(request: Request) -> Door:
    if request.path.startswith(GOOGLE):
        return GoogleDoor()
    return AnthropicDoor() if "x-api-key" in request.headers or request.path == "/v1/messages" else OpenAIDoor()


def _standing(fault: Fault) -> Refusal:
    status, message = STATUS[fault]
    return Refusal(status, fault, message)


def _listed(name: str) -> Json:
    return {"id": name, "name": f"models/{name}", "object": "model", "type": "model", "owned_by": "stub"}


async def _refuse(answer: Answer, door: Door, refused: Refusal, retry_after: float | None = None) -> None:
    headers: Mapping[str, str] = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    await answer.whole(refused.status, door.error(refused), headers)
