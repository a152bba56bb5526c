"""The watch over the event loop: what blocks it is named while it blocks, and its lag is a metric."""

import asyncio
import logging
import time

import pytest

from netra.telemetry.instruments import LOOP_BLOCKED, LOOP_LAG
from netra.telemetry.lag import watched

BLOCK_S = 0.8


def block_for_long() -> None:
    time.sleep(BLOCK_S)


def counted() -> tuple[float, float]:
    """Blocks so far, and seconds of lag."""
    blocked = next(iter(LOOP_BLOCKED.samples())).value
    return blocked, next(s.value for s in LOOP_LAG.samples() if s.name.endswith("_sum"))


async def test_what_blocks_the_loop_is_named_while_it_blocks(caplog: pytest.LogCaptureFixture) -> None:
    before = counted()
    with caplog.at_level(logging.WARNING, "netra.telemetry.lag"), watched():
        await asyncio.sleep(0.3)
        began = time.time()
        block_for_long()
        async with asyncio.timeout(5):
            while len(caplog.records) < 2:  # noqa: ASYNC110 - a thread writes them
                await asyncio.sleep(0.02)
    first, last = caplog.records[:2]
    assert first.created - began < BLOCK_S, "said while it was blocked"
    assert any("block_for_long" in place for place in vars(first)["stack"])
    assert vars(last)["ms"] >= 250
    blocked, lag = counted()
    assert blocked - before[0] == 1
    assert lag - before[1] > BLOCK_S / 2


async def test_a_loop_that_waits_is_not_blocked(caplog: pytest.LogCaptureFixture) -> None:
    before = counted()
    with caplog.at_level(logging.WARNING, "netra.telemetry.lag"), watched():
        await asyncio.sleep(1.0)
    names = [vars(record).get("stack") for record in caplog.records]
    assert not any("test_a_loop_that_waits" in str(stack) for stack in names)
    assert counted()[1] >= before[1]
