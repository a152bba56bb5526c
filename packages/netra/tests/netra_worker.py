"""A worker process whose agents follow a script: `python netra_worker.py '{"calls": 3, "seconds": 0.2, …}'`.

Everything but the tool and two brains is the product: the same service, given other tools through its options.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import uvloop
from netra_runs import Script
from pydantic import BaseModel

from netra.agents.builtin_brain import gathered
from netra.agents.steps import Assignment, Brain, CallTool, Done, Say, Steps, Think
from netra.runs.service import WorkerOptions, serve
from netra.settings import logs
from netra.settings.contract import load, process_environment
from netra.settings.model import Role
from netra.settings.timeouts import Timeouts
from netra.tools.registry import Tool, ToolContext


class Stride(BaseModel):
    """Which call this is."""

    number: int


class ScriptedData:
    """Calls the tool as often as the script says."""

    name = "script"

    def __init__(self, script: Script) -> None:
        self._script = script

    async def work(self, assignment: Assignment) -> Steps:
        findings = list(assignment.findings)
        while len(findings) < self._script.calls:
            yield Think(text=f"call {len(findings) + 1}")
            finding = yield CallTool(tool="stride", arguments={"number": len(findings) + 1})
            assert finding is not None
            findings.append(finding)
        yield gathered(findings, analyst=self.name)


class ScriptedTriage:
    """Has something changed, whatever was asked."""

    name = "script"

    async def work(self, assignment: Assignment) -> Steps:
        del assignment
        yield Done(result={"wants": "change", "analyst": self.name})


class ScriptedActions(ScriptedData):
    """Calls the tool as often as the script says, and takes what comes."""

    async def work(self, assignment: Assignment) -> Steps:
        findings = list(assignment.findings)
        while len(findings) < self._script.calls:
            number = len(findings) + 1
            finding = yield CallTool(tool="stride", arguments={"number": number}, why=f"step {number} is next")
            assert finding is not None
            findings.append(finding)
        yield Done(result={"found": [finding.status for finding in findings], "analyst": self.name})


class ScriptedReporting:
    """Says as many words as the script says."""

    name = "script"

    def __init__(self, script: Script) -> None:
        self._script = script

    async def work(self, assignment: Assignment) -> Steps:
        text = " ".join(f"word{number}" for number in range(self._script.words))
        rest = text[len(assignment.said) :]
        for piece in rest.split(" "):
            yield Say(text=piece if rest.endswith(piece) else f"{piece} ")
        yield Done(result={"numbers": [], "analyst": self.name})


def stride(script: Script) -> Tool:
    async def run(context: ToolContext, asked: Stride) -> Stride:
        del context
        _note(script, f"begin {asked.number} {os.getpid()}")
        await asyncio.sleep(script.seconds)
        _note(script, f"end {asked.number} {os.getpid()}")
        return asked

    return Tool(
        name="stride",
        description="Walks.",
        parameters=Stride,
        idempotent=script.idempotent,
        effect=script.effect,
        run=run,
    )


def _note(script: Script, line: str) -> None:
    if script.journal:
        with Path(script.journal).open("a") as journal:
            journal.write(line + "\n")


async def main(script: Script) -> None:
    settings = load(process_environment())
    logs.configure(settings, "worker")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    if script.brains == "model":
        quick = Timeouts(llm_first_byte_s=script.llm_s, llm_call_s=2 * script.llm_s)
        await serve(settings, WorkerOptions(concurrency=script.concurrency, timeouts=quick), stop)
        return
    brains: dict[Role, Brain] = {"data": ScriptedData(script), "reporting": ScriptedReporting(script)}
    if script.effect:
        brains |= {"triage": ScriptedTriage(), "actions": ScriptedActions(script)}
    options = WorkerOptions(
        concurrency=script.concurrency,
        timeouts=Timeouts(approval_s=script.approval_s),
        tools={"stride": stride(script)},
        brains=brains,
    )
    await serve(settings, options, stop)


if __name__ == "__main__":
    uvloop.run(main(Script(**json.loads(sys.argv[1]))))
