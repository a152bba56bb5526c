"""A netra worker for `chaos.py`: two tools, then words at the pace of a model; everything else is the product.

`python chaos_worker.py JOURNAL PAUSE_S CONCURRENCY`. Each tool notes in the journal, which nothing of the product
writes or reads, when it began: `moment token call pid`.
"""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Mapping

import uvloop
from pydantic import BaseModel

from netra.agents.builtin_brain import gathered
from netra.agents.steps import Assignment, Brain, CallTool, Done, Say, Steps, Think
from netra.analytics.database import Database
from netra.runs.service import WorkerOptions, serve
from netra.settings import logs
from netra.settings.contract import load, process_environment
from netra.settings.model import Role
from netra.tools.registry import Tool, ToolContext

TOOLS = ("count", "book", "count", "book")
"""What each run calls, in this order."""
BOOK_S = 0.2
WORDS = re.compile(r"words=(\d+)")


class Call(BaseModel):
    """Which call of which run this is."""

    token: str
    number: int


class Rows(BaseModel):
    """What ClickHouse counted."""

    rows: int


class Journal:
    """Where the tools say that they began; each line is one write at the end of the file."""

    def __init__(self, path: str) -> None:
        """Write to this file."""
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def note(self, call: Call) -> None:
        """Say it before anything is done."""
        os.write(self._file, f"{time.time():.6f} {call.token} {call.number} {os.getpid()}\n".encode())


def tools(journal: Journal) -> Mapping[str, Tool]:
    """One that may be repeated and asks ClickHouse, one that may not and takes a while."""

    async def count(context: ToolContext, call: Call) -> Rows:
        journal.note(call)
        rows = await Database(context.clickhouse).rows("select count() as rows from numbers(100000)")
        return Rows(rows=rows[0]["rows"])

    async def book(_context: ToolContext, call: Call) -> Call:
        journal.note(call)
        await asyncio.sleep(BOOK_S)
        return call

    return {
        "count": Tool(name="count", description="Counts.", parameters=Call, idempotent=True, run=count),
        "book": Tool(name="book", description="Books.", parameters=Call, idempotent=False, run=book),
    }


class ChaosData:
    """Calls the tools in order; goes on where a lost worker stopped."""

    name = "script"

    async def work(self, assignment: Assignment) -> Steps:
        """Call what was not called yet."""
        findings = list(assignment.findings)
        token = assignment.question.split()[0]
        for number in range(len(findings), len(TOOLS)):
            yield Think(text=f"call {number + 1}")
            finding = yield CallTool(tool=TOOLS[number], arguments={"token": token, "number": number + 1})
            findings += [finding] if finding else []
        yield gathered(findings, analyst=self.name)


class ChaosReporting:
    """Says as many words as the question wants, with a pause before each."""

    name = "script"

    def __init__(self, pause_s: float) -> None:
        """Wait so long before each word."""
        self._pause_s = pause_s

    async def work(self, assignment: Assignment) -> Steps:
        """Say what was not said yet."""
        wanted = words(assignment.question)
        for word in wanted[assignment.said.count(" ") :]:
            await asyncio.sleep(self._pause_s)
            yield Say(text=word)
        yield Done(result={"numbers": [], "analyst": self.name})


def words(question: str) -> list[str]:
    """The answer to this question, word by word."""
    found = WORDS.search(question)
    return [f"word{number} " for number in range(int(found[1]) if found else 0)]


async def main(journal: str, pause_s: float, concurrency: int) -> None:
    """Serve until told to stop."""
    settings = load(process_environment())
    logs.configure(settings, "worker")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    brains: Mapping[Role, Brain] = {"data": ChaosData(), "reporting": ChaosReporting(pause_s)}
    options = WorkerOptions(concurrency=concurrency, tools=tools(Journal(journal)), brains=brains)
    await serve(settings, options, stop)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
