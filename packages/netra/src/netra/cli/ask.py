"""`netra ask`: one question, its run as it happens, and the answer."""

import asyncio
import json
import sys
import time
from typing import Literal

import click
from rich.console import Console

from netra.cli.client import log_in
from netra.cli.login import chosen
from netra.cli.transcript import Transcript
from netra.events.union import AgentCompletedData, AgentFailedData, ApprovalRequestedData, Event, RunCancelledData
from netra.settings.contract import process_environment
from netra.settings.timeouts import Timeouts

Output = Literal["text", "json"]
Status = Literal["completed", "failed", "cancelled", "waiting"]
"""Of the run; `waiting`: for its owner's approval."""


@click.command()
@click.argument("question", nargs=-1, required=True)
@click.option("--url", default="", help="Address of the server; NETRA_URL by default, else the one of this folder.")
@click.option("--email", default="", help="Account to ask as; the password is NETRA_PASSWORD, or asked for.")
@click.option("--llm/--no-llm", default=False, help="When a server is started for this: with the small model.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
def command(*, question: tuple[str, ...], url: str, email: str, llm: bool, output: Output) -> None:
    """Ask one question, watch the run, read the answer. Exit 1 when there is none.

    Without --url a running `netra up` of the state folder is asked, as the local account; without one, servers are
    started for this question and end with it. Events go to stderr, the answer to stdout.
    """
    began = time.perf_counter()
    events = asyncio.run(_ask(" ".join(question), (url, email), _transcript(output), llm=llm))
    if output == "json":
        print(json.dumps(summary(events, time.perf_counter() - began)))
    sys.exit(0 if status_of(events[-1]) == "completed" else 1)


async def _ask(question: str, where: tuple[str, str], transcript: Transcript | None, *, llm: bool) -> list[Event]:
    async with chosen(*where, process_environment(), llm=llm) as login:
        client = await log_in(login, Timeouts())
        events = await client.ask(question, transcript.show if transcript else lambda _: None)
    if transcript:
        transcript.end(events[-1])
    return events


def _transcript(output: Output) -> Transcript | None:
    if output == "json":
        return None
    return Transcript(events=Console(stderr=True, highlight=False), answer=Console(highlight=False))


def status_of(last: Event) -> Status:
    """How the run ended."""
    match last.data:
        case AgentCompletedData():
            return "completed"
        case RunCancelledData():
            return "cancelled"
        case ApprovalRequestedData():
            return "waiting"
        case _:
            return "failed"


def summary(events: list[Event], seconds: float) -> dict[str, object]:
    """The run for programs: status, answer, numbers, every event, and how long it all took."""
    last = events[-1]
    found: dict[str, object] = {"status": status_of(last), "answer": "", "numbers": []}
    match last.data:
        case AgentCompletedData():
            found |= {"answer": last.data.answer, "numbers": last.data.result.get("numbers", [])}
        case AgentFailedData():
            found |= {"reason": last.data.reason, "message": last.data.message, "component": last.data.component}
        case _:
            pass
    ids = {"run_id": str(last.run_id), "thread_id": str(last.thread_id)}
    listed = [event.model_dump(mode="json") for event in events]
    return {**found, **ids, "seconds": round(seconds, 3), "events": listed}
