"""Negative controls: the same suite against a dead target and against an impostor must go red, test by test."""

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager

from goldenpath.facts import Control, SuiteResult
from goldenpath.testing.impostor import impostor
from goldenpath.testing.run import SuiteRun, run_suite
from goldenpath.testing.tally import RED
from goldenpath.testing.target import ControlKind, FailFast

CLIENT_S = 1.0
"""Clients' patience in a control: nothing they wait for can come."""
TEST_S = 10.0
CONTROL_S = 60.0


async def run_controls(run: SuiteRun) -> tuple[Control, ...]:
    """Run both controls at once, with the selection of that run."""
    target = run.target
    async with impostor(target.revision_header, target.revision) as agreeing:
        with closed_port() as silent:
            return tuple(await asyncio.gather(_control(run, "dead", silent), _control(run, "impostor", agreeing)))


@contextmanager
def closed_port() -> Generator[str]:
    """The base URL of a loopback port that nobody listens on, held so that nobody else takes it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


async def _control(run: SuiteRun, kind: ControlKind, door: str) -> Control:
    changes = {"door": door, "control": kind, "request_s": CLIENT_S, "wait_s": CLIENT_S}
    changed = {
        "target": run.target.model_copy(update=changes),
        "sources": None,
        "work_dir": run.work_dir.with_name(f"{run.work_dir.name}.{kind}"),
        "fail_fast": FailFast(),
        "workers": 0,
        "timeout_s": CONTROL_S,
        "test_timeout_s": TEST_S,
    }
    return judged(kind, await run_suite(run.model_copy(update=changed)))


def judged(kind: ControlKind, result: SuiteResult) -> Control:
    """What a control's run says; a test that stayed green proves nothing, however often it passes."""
    green = tuple(test.id for test in result.results if test.outcome == "passed")
    red = sum(test.outcome in RED for test in result.results)
    return Control(target=kind, executed=result.counts.executed, red=red, green=green)
