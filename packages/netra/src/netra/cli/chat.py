"""`netra chat`: a conversation in the terminal, or of the lines of a file."""

import asyncio
import io
import json
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal, NamedTuple

import click
from rich.console import Console

from netra.cli.ask import summary
from netra.cli.login import chosen
from netra.cli.talk import keyboard
from netra.cli.talk import line as lines
from netra.cli.talk.api import Api
from netra.cli.talk.following import LeftError
from netra.cli.talk.line import Line
from netra.cli.talk.room import Room
from netra.cli.talk.screen import Screen
from netra.errors import NetraError, render_line
from netra.settings.contract import process_environment
from netra.settings.timeouts import Timeouts

Output = Literal["text", "json"]
LEFT = 130


@click.command()
@click.option("--url", default="", help="Address of the server; NETRA_URL by default, else the one of this folder.")
@click.option("--email", default="", help="Account to talk as; the password is NETRA_PASSWORD, or asked for.")
@click.option("--llm/--no-llm", default=False, help="When a server is started for this: with the small model.")
@click.option("--thread", default="", help="Go on with the thread of this id.")
@click.option("--last", is_flag=True, help="Go on with the thread that changed last.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="json: an object for each answer.")
def command(*, url: str, email: str, llm: bool, thread: str, last: bool, output: Output) -> None:
    """Talk with the agents: each line is a question, /help lists the commands. Exit 1 when one got no answer.

    In a terminal Ctrl-C ends the run that goes on, and Ctrl-D leaves. Elsewhere lines are read from stdin, one question
    each; events go to stderr, answers to stdout.
    """
    began = Beginning(thread=thread, last=last)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        room = runner.run(stack.enter_async_context(_room((url, email), output, llm=llm)))
        try:
            _talk(runner, room, began, output)
        except LeftError:
            sys.exit(LEFT)
        finally:
            runner.run(stack.aclose())
    sys.exit(1 if room.run.failed and not keyboard.is_interactive() else 0)


class Beginning(NamedTuple):
    """Which thread is gone on with; without either a new one begins."""

    thread: str
    last: bool


@asynccontextmanager
async def _room(where: tuple[str, str], output: Output, *, llm: bool) -> AsyncGenerator[Room]:
    answers = Console(highlight=False) if output == "text" else Console(file=io.StringIO())
    screen = Screen(Console(stderr=True, highlight=False), answers)
    async with chosen(*where, process_environment(), llm=llm) as login, await Api.opened(login, Timeouts()) as api:
        if keyboard.is_interactive():
            screen.note(f"netra at {login.url}, as {login.email}; /help lists the commands")
        yield Room(api, screen)


def _talk(runner: asyncio.Runner, room: Room, began: Beginning, output: Output) -> None:
    """Do each line until there is none; raises LeftError when somebody leaves in the middle of a run."""
    if began.thread or began.last:
        opening = room.open(began.thread) if began.thread else room.open_latest()
        keyboard.remember(runner.run(opening))
    for text in keyboard.typed():
        try:
            line = lines.read(text)
            if line.name == "quit":
                return
            _do(runner, room, line, output)
        except NetraError as error:
            room.run.failed += 1
            print(render_line(error), file=sys.stderr)
        except KeyboardInterrupt:
            print(file=sys.stderr)


def _do(runner: asyncio.Runner, room: Room, line: Line, output: Output) -> None:
    """Do one line, and print for programs what its run said."""
    before, began = room.run.events, time.perf_counter()
    runner.run(room.do(line))
    if output == "json" and room.run.events and room.run.events is not before:
        print(json.dumps(summary(room.run.events, time.perf_counter() - began)), flush=True)
