"""What a model's stream of server-sent events amounts to: whole, or broken in one of three ways."""

import asyncio
from collections.abc import AsyncIterator

import httpx
from pydantic import JsonValue, TypeAdapter

from goldenpath.facts import Record

DATA = "data:"
DONE = "[DONE]"
PIECE: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


class Heard(Record):
    """How a stream went."""

    pieces: int
    error: str = ""
    """`stream_silent`, `stream_cut` or `stream_unreadable`; empty for a whole one."""
    text: str = ""


async def heard(lines: AsyncIterator[str], silence_s: float) -> Heard:
    """Listen to the end of the stream; a first piece that does not come is the caller's time-out."""
    pieces, finished, data = 0, False, ""
    try:
        while True:
            line = await asyncio.wait_for(anext(lines), silence_s if pieces else None)
            data = line.removeprefix(DATA).strip()
            if not line.startswith(DATA) or not data:
                continue
            if data == DONE:
                return Heard(pieces=pieces)
            finished = _finishes(PIECE.validate_json(data)) or finished
            pieces += 1
    except StopAsyncIteration:
        cut = Heard(pieces=pieces, error="stream_cut", text=f"the stream ended after {pieces} pieces without an end")
        return Heard(pieces=pieces) if finished else cut
    except TimeoutError:
        text = f"nothing within {silence_s:g} s after {pieces} pieces"
        return Heard(pieces=pieces, error="stream_silent", text=text)
    except ValueError:
        return Heard(pieces=pieces, error="stream_unreadable", text=f"piece {pieces + 1} is no JSON: {data[:80]!r}")
    except (httpx.RemoteProtocolError, httpx.ReadError) as error:
        if not pieces:
            raise
        return Heard(pieces=pieces, error="stream_cut", text=f"after {pieces} pieces: {error}")


def _finishes(piece: dict[str, JsonValue]) -> bool:
    """Whether this piece gives the reason why the answer ends."""
    choices = piece.get("choices")
    listed = choices if isinstance(choices, list) else []
    return any(isinstance(choice, dict) and choice.get("finish_reason") for choice in listed)
