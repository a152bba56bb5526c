"""A model's stream is whole, or broken in one of three ways; what never began is the caller's time-out."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import pytest

from goldenpath.probes.llm_stream import Heard, heard

WORD = "data: " + json.dumps({"choices": [{"delta": {"content": "one"}, "finish_reason": None}]})
LAST = "data: " + json.dumps({"choices": [{"delta": {}, "finish_reason": "stop"}]})
DONE = "data: [DONE]"


async def _lines(lines: Sequence[str], *, silent: bool) -> AsyncIterator[str]:
    for line in lines:
        yield line
    if silent:
        await asyncio.sleep(30)


async def listen(*lines: str, silent: bool = False) -> Heard:
    return await heard(_lines(lines, silent=silent), 0.1)


@pytest.mark.parametrize("lines", [(WORD, LAST, DONE), (WORD, "", ": a comment", DONE), (WORD, LAST)])
async def test_a_whole_stream_is_no_error(lines: tuple[str, ...]) -> None:
    assert (await listen(*lines)).error == ""


async def test_a_stream_without_an_end_is_cut() -> None:
    found = await listen(WORD, WORD)
    assert (found.error, found.pieces) == ("stream_cut", 2)


async def test_a_stream_that_falls_silent_is_not_one_that_never_began() -> None:
    assert (await listen(WORD, silent=True)).error == "stream_silent"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(listen(silent=True), 0.3)


async def test_what_is_no_json_is_unreadable() -> None:
    found = await listen(WORD, "data: {nonsense")
    assert (found.error, found.pieces) == ("stream_unreadable", 1)
