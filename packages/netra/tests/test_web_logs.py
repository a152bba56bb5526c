"""A log line is one JSON object with its correlation, and secrets are masked whatever says them."""

import asyncio
import json
import logging
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.settings.logs import MASK, JsonLines, correlated

TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


def line(message: str, *args: object, secrets: tuple[str, ...] = (), **extra: object) -> dict[str, Any]:
    record = logging.getLogger("netra.some").makeRecord(
        "netra.some", logging.INFO, "file", 1, message, args, None, extra=extra
    )
    return json.loads(JsonLines(component="web", revision="r1", secrets=secrets).format(record))


def test_a_line_has_the_fields_that_readers_rely_on() -> None:
    with correlated(request_id="q-1"), correlated(run_id="r-1"):
        found = line("took %d ms", 5, ms=5)
    assert found.pop("at").endswith("+00:00")
    assert found == {
        "level": "info",
        "logger": "netra.some",
        "event": "took 5 ms",
        "component": "web",
        "revision": "r1",
        "request_id": "q-1",
        "run_id": "r-1",
        "ms": 5,
    }
    assert "request_id" not in line("later")


async def test_tasks_keep_the_correlation_of_who_started_them() -> None:
    async def found() -> str:
        await asyncio.sleep(0)
        return line("x")["request_id"]

    with correlated(request_id="a"):
        first = asyncio.create_task(found())
    with correlated(request_id="b"):
        second = asyncio.create_task(found())
    assert [await first, await second] == ["a", "b"]


def test_a_failure_carries_its_traceback_on_the_same_line() -> None:
    record = logging.getLogger("x").makeRecord("x", logging.ERROR, "f", 1, "broke", (), None)
    try:
        int(TOKEN)
    except ValueError:
        record.exc_info = sys.exc_info()
    text = JsonLines(component="web", revision="").format(record)
    assert "\n" not in text
    assert "ValueError" in json.loads(text)["traceback"]
    assert TOKEN not in text


@pytest.mark.parametrize("place", ["message", "argument", "extra"])
def test_secrets_and_tokens_are_masked_wherever_they_stand(place: str) -> None:
    for secret in ("hunter2-hunter2", TOKEN):
        message = f"log-in with {secret}" if place == "message" else "log-in with %s"
        args = (secret,) if place == "argument" else ()
        extra = {"detail": {"password": secret}} if place == "extra" else {}
        text = json.dumps(line(message, *args, secrets=("hunter2-hunter2",), **extra))
        assert secret not in text
        assert MASK in text


ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(message=ANY_TEXT, value=st.recursive(st.none() | st.integers() | ANY_TEXT, st.lists, max_leaves=5))
def test_whatever_is_logged_is_one_line_of_json(message: str, value: object) -> None:
    record = logging.getLogger("x").makeRecord("x", logging.INFO, "f", 1, "%s", (message,), None, extra={"v": value})
    text = JsonLines(component="web", revision="").format(record)
    assert "\n" not in text
    assert isinstance(json.loads(text), dict)
