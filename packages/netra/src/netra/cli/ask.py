"""`netra ask`: one question, its run as it happens, and the answer."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Literal

import click
from pydantic import SecretStr
from rich.console import Console

from netra.auth.local import local_account
from netra.cli.client import Login, log_in
from netra.cli.serving import served
from netra.cli.transcript import Transcript
from netra.events.union import AgentCompletedData, AgentFailedData, Event, RunCancelledData
from netra.settings.contract import process_environment
from netra.settings.timeouts import Timeouts
from netra.stores import postgres

Output = Literal["text", "json"]
Status = Literal["completed", "failed", "cancelled"]


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
    given = process_environment()
    where = (url or given.get("NETRA_URL", ""), email or given.get("NETRA_EMAIL", ""))
    began = time.perf_counter()
    events = asyncio.run(_ask(" ".join(question), where, _transcript(output), llm=llm))
    if output == "json":
        print(json.dumps(summary(events, time.perf_counter() - began)))
    sys.exit(0 if status_of(events[-1]) == "completed" else 1)


async def _ask(question: str, where: tuple[str, str], transcript: Transcript | None, *, llm: bool) -> list[Event]:
    async with _login(*where, llm=llm) as login:
        client = await log_in(login, Timeouts())
        events = await client.ask(question, transcript.show if transcript else lambda _: None)
    if transcript:
        transcript.end(events[-1])
    return events


@asynccontextmanager
async def _login(url: str, email: str, *, llm: bool) -> AsyncGenerator[Login]:
    given = process_environment()
    if url:
        email = email or click.prompt("Email", err=True)
        yield Login(url=url, email=email, password=_password(given))
        return
    async with served(given, llm=llm) as settings:
        address = f"http://{settings.web.host}:{settings.web.port}"
        if email:
            yield Login(url=address, email=email, password=_password(given))
            return
        async with postgres.pool(settings.postgres) as pool:
            local = await local_account(pool, settings.state_dir)
        yield Login(url=address, email=local.account.email, password=local.password)


def _password(given: Mapping[str, str]) -> SecretStr:
    return SecretStr(given.get("NETRA_PASSWORD") or click.prompt("Password", hide_input=True, err=True))


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
