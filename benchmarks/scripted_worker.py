"""A netra worker whose data and reporting agents follow the peers' script: one tool, then 50 pieces of text.

Everything else is the product: the same service, given a tool and two brains through its options. The model is in
process, as it is at the peers, so that only what stands around it differs.
"""

import asyncio
import signal
import sys
from collections.abc import Mapping

import uvloop
from pydantic import BaseModel

from netra.agents.builtin_brain import gathered
from netra.agents.steps import Assignment, Brain, CallTool, Done, Say, Steps
from netra.runs.service import WorkerOptions, serve
from netra.settings import logs
from netra.settings.contract import load, process_environment
from netra.settings.model import Role
from netra.tools.registry import Tool, ToolContext

PIECES = 50
SLOTS = 16
"""Runs at once, as `netra worker` has them."""


class Terms(BaseModel):
    """What to add."""

    a: int
    b: int


class Sum(BaseModel):
    """What came out."""

    value: int


async def add(_context: ToolContext, terms: Terms) -> Sum:
    """Add two numbers."""
    return Sum(value=terms.a + terms.b)


class ScriptedData:
    """Calls the tool once."""

    name = "script"

    async def work(self, assignment: Assignment) -> Steps:
        """Add one and two."""
        findings = list(assignment.findings)
        if not findings:
            finding = yield CallTool(tool="add", arguments={"a": 1, "b": 2})
            findings = [finding] if finding else []
        yield gathered(findings, analyst=self.name)


class ScriptedReporting:
    """Says the pieces, as a model would stream them; goes on where a lost worker stopped."""

    name = "script"

    def __init__(self, pause_s: float) -> None:
        """Wait so long before each piece."""
        self._pause_s = pause_s

    async def work(self, assignment: Assignment) -> Steps:
        """Say all that was not said yet."""
        said = assignment.said.count(" ")
        for number in range(said, PIECES):
            # Even without a pause a streamed answer gives way to other tasks between two pieces.
            await asyncio.sleep(self._pause_s)
            yield Say(text=f"word{number} ")
        yield Done(result={"numbers": [], "analyst": self.name})


async def main(pause_s: float, slots: int = SLOTS) -> None:
    """Serve until told to stop."""
    settings = load(process_environment())
    logs.configure(settings, "worker")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tool = Tool(name="add", description="Adds two numbers.", parameters=Terms, idempotent=True, run=add)
    brains: Mapping[Role, Brain] = {"data": ScriptedData(), "reporting": ScriptedReporting(pause_s)}
    await serve(settings, WorkerOptions(concurrency=slots, tools={"add": tool}, brains=brains), stop)


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1]) if sys.argv[1:] else 0.0, int(sys.argv[2]) if sys.argv[2:] else SLOTS))
