"""Red tests run again against a small real system: what is flaky is neither failed nor passed."""

from goldenpath.facts import TestResult
from goldenpath.testing.again import FEW, MORE, flaky, rates, run_again
from goldenpath.testing.run import run_suite

from .conftest import SuiteOf

SHAKY = """
from pathlib import Path

import pytest

COUNT = Path(__file__).with_name("count")


@pytest.mark.title("A page is there, every second time")
@pytest.mark.proof("log")
async def test_shaky(door):
    runs = int(COUNT.read_text()) + 1 if COUNT.exists() else 1
    COUNT.write_text(str(runs))
    await door.get("/version")
    assert runs % 2 == 0


@pytest.mark.proof("log")
async def test_steady(door):
    await door.get("/version")
"""
BROKEN = """
import pytest


@pytest.mark.parametrize("number", range(%d))
@pytest.mark.proof("log")
async def test_broken(door, number):
    await door.get("/version")
    assert not door
"""


async def test_red_here_and_green_there_is_flaky_at_its_rate(suite_of: SuiteOf) -> None:
    run = suite_of({"test_shaky.py": SHAKY}, workers=0)
    heard: list[TestResult] = []
    result = await run_again(run, await run_suite(run), heard.append)
    (test,) = flaky(result)
    assert (test.runs, test.red, test.proven) == (1 + MORE, 3, False)
    assert (result.verdict, result.counts.failed, result.counts.passed, result.counts.executed) == (
        "not_proven",
        0,
        1,
        2,
    )
    assert rates(heard) == "A page is there, every second time (red in 3 of 5 runs)"


async def test_what_stays_red_stays_failed(suite_of: SuiteOf) -> None:
    run = suite_of({"test_broken.py": BROKEN % 1}, workers=0)
    result = await run_again(run, await run_suite(run))
    assert (result.verdict, result.counts.failed, flaky(result)) == ("fail", 1, ())


async def test_many_red_tests_are_no_accident_and_not_run_again(suite_of: SuiteOf) -> None:
    run = suite_of({"test_broken.py": BROKEN % (FEW + 1)}, workers=0)
    first = await run_suite(run)
    assert await run_again(run, first) is first
    assert list(run.work_dir.parent.glob(f"{run.work_dir.name}.again-*")) == []
