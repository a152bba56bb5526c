"""The state of a `netra chat`: which thread is open, which list was shown last, and what the last run said."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal, cast
from uuid import UUID

from netra.cli.ask import status_of
from netra.cli.client import Client
from netra.cli.talk import calls, money
from netra.cli.talk.api import Api
from netra.cli.talk.line import SAY, Line, guide
from netra.cli.talk.screen import Screen
from netra.errors import ConflictError, InvalidError
from netra.events.union import ApprovalRequested, Event
from netra.threads.records import Message, Thread

SHOWN = 3
"""Questions of a thread that are shown when it is opened."""
KINDS = ("markdown", "json")
DAYS = 30


class LeftError(Exception):
    """The person wants to leave while a run goes on."""


class Room:
    """Does what the lines say, one after the other."""

    def __init__(self, api: Api, screen: Screen) -> None:
        """Speak through this door, show on this screen."""
        self._api = api
        self._screen = screen
        self._thread_id: UUID | None = None
        self._listed: tuple[Thread, ...] = ()
        self.events: list[Event] = []
        """What the last run said."""
        self._asked: ApprovalRequested | None = None
        """What the last run waits for."""
        self.failed = 0
        """Lines that could not be done, and questions that got no answer."""

    async def do(self, line: Line) -> None:
        """Do what one line says; raises NetraError when it cannot be done."""
        if line.name == SAY:
            await self.say(line.rest)
        else:
            await self._commands()[line.name](line.rest)

    async def say(self, text: str) -> None:
        """Ask, and show the run to its end; the first message of a room begins a thread."""
        if self._asked is not None:
            message = f"{self._asked.data.tool} waits for your decision"
            raise InvalidError(message, where="line", hint="/approve or /refuse, with a note if you like")
        if text:
            await self._turn(lambda client: client.ask(text, self._screen.event, thread_id=self._thread_id))

    async def open(self, wanted: str) -> list[str]:
        """Go on with a thread, and with its run if one goes on; answers what was asked there."""
        thread = await self._api.thread(self._chosen(wanted))
        self._thread_id, self._asked, self.events = thread.thread_id, None, []
        self._screen.note(f"thread {thread.title or '(untitled)'} ({thread.thread_id})", "bold")
        messages = await self._show(SHOWN)
        await self._go_on(messages)
        return [message.content for message in messages if message.role == "user"]

    async def open_latest(self) -> list[str]:
        """Go on with the thread that changed last, as `open`; with nothing when there is none."""
        latest = await self._api.threads()
        return await self.open(str(latest[0].thread_id)) if latest else []

    def _commands(self) -> dict[str, Callable[[str], Awaitable[object]]]:
        return {
            "help": self._help,
            "new": self._new,
            "threads": self._threads,
            "open": self.open,
            "history": self._history,
            "rename": self._rename,
            "archive": lambda _: self._put("archived"),
            "restore": lambda _: self._put("active"),
            "delete": self._delete,
            "retry": self._retry,
            "tools": self._tools,
            "export": self._export,
            "approve": lambda note: self._decide(note, approved=True),
            "refuse": lambda note: self._decide(note, approved=False),
            "usage": self._usage,
        }

    async def _help(self, _rest: str) -> None:
        self._screen.note(guide())

    async def _new(self, _rest: str) -> None:
        self._thread_id, self._asked, self.events = None, None, []
        self._screen.note("the next message begins a new thread")

    async def _threads(self, words: str) -> None:
        if words == "archived":
            self._listed = await self._api.threads(status="archived")
        else:
            self._listed = await self._api.threads(words)
        self._screen.threads(self._listed)

    async def _history(self, count: str) -> None:
        await self._show(_number(count, SHOWN))

    async def _rename(self, title: str) -> None:
        thread = await self._api.change(self._open_thread(), title=title)
        self._screen.note(f"this thread is called {thread.title or '(untitled)'}")

    async def _put(self, status: Literal["active", "archived"]) -> None:
        thread = await self._api.change(self._open_thread(), status=status)
        self._screen.note(f"this thread is {thread.status}")

    async def _delete(self, sure: str) -> None:
        thread_id = self._open_thread()
        if sure != "yes":
            raise InvalidError("this deletes the thread for good", where="/delete", hint="say /delete yes")
        await self._api.delete(thread_id)
        await self._new("")

    async def _retry(self, _rest: str) -> None:
        asked = [m for m in await self._api.messages(self._open_thread()) if m.role == "user"]
        if not asked:
            raise InvalidError("nothing was asked in this thread", where="/retry", hint="ask something")
        accepted = await self._api.retry(asked[-1].message_id)
        await self._turn(lambda client: client.follow(accepted.run_id, self._screen.event))

    async def _tools(self, number: str) -> None:
        found = calls.of(self.events)
        if not number:
            self._screen.note(calls.listed(found))
        elif 0 < _number(number, 0) <= len(found):
            self._screen.note(calls.shown(found[_number(number, 0) - 1]), "")
        else:
            raise InvalidError(f"the last run made {len(found)} tool calls", where="/tools", hint="/tools lists them")

    async def _export(self, rest: str) -> None:
        kind, _, file = rest.partition(" ")
        if kind not in KINDS:
            raise InvalidError("say markdown or json", where="/export", hint="/export markdown costs.md")
        try:
            kept = await self._api.export(self._open_thread(), kind, Path(file.strip()) if file.strip() else None)
        except OSError as error:
            raise InvalidError(
                f"{error.strerror}: {error.filename}", where="/export", hint="say another file"
            ) from error
        self._screen.note(f"kept in {kept}")

    async def _decide(self, note: str, *, approved: bool) -> None:
        """Say what may happen, and follow the run on."""
        asked = self._asked
        if asked is None:
            raise InvalidError("nothing waits for your decision", where="line")
        try:
            await self._api.decide(asked, approved=approved, note=note)
        except ConflictError as error:
            # Somebody or the clock was faster: the log says which.
            self._screen.note(str(error), "yellow")
        self._asked, before = None, self.events
        await self._turn(lambda client: client.follow(asked.run_id, self._screen.event, after=asked.seq))
        self.events = [*before, *self.events]

    async def _usage(self, days: str) -> None:
        self._screen.note(money.told(await self._api.usage(_number(days, DAYS))), "")

    async def _show(self, questions: int) -> list[Message]:
        """Show the last so many questions with their answers; answers all messages."""
        messages = await self._api.messages(self._open_thread())
        asked = [place for place, message in enumerate(messages) if message.role == "user"]
        first = asked[-questions] if 0 < questions < len(asked) else 0
        if first:
            self._screen.note(f"… {len(asked) - questions} earlier questions; /history N shows more")
        for message in messages[first:]:
            self._screen.said(message)
        return messages

    async def _go_on(self, messages: list[Message]) -> None:
        """Follow the thread's last run if it has not ended; say how it ended when it gave no answer."""
        run_id = messages[-1].run_id if messages else None
        if run_id is None:
            return
        run = await self._api.run(run_id)
        if run.finished_at is None:
            self._screen.note("its last run goes on:")
            await self._resume(run_id)
            return
        self.events = await self._api.events(run_id)
        if run.status != "completed":
            self._screen.note(f"no answer: {run.status} {run.reason}; /retry asks again", "yellow")

    async def _resume(self, run_id: UUID) -> None:
        """Show what a run said so far, and follow it on unless it waits for a decision."""
        heard = await self._api.events(run_id)
        for event in heard:
            self._screen.event(event)
        self.events = heard
        if not self._waits():
            await self._turn(lambda client: client.follow(run_id, self._screen.event, after=len(heard)))
            self.events = [*heard, *self.events]

    def _waits(self) -> bool:
        """Whether the run waits for a decision; what can be typed then is said."""
        last = self.events[-1] if self.events else None
        self._asked = last if isinstance(last, ApprovalRequested) else None
        if self._asked:
            until = f"{self._asked.data.expires_at:%Y-%m-%d %H:%M} UTC"
            self._screen.note(f"{self._asked.data.why}", "yellow")
            self._screen.note(f"/approve or /refuse, with a note if you like, until {until}", "yellow")
        return self._asked is not None

    async def _turn(self, follow: Callable[[Client], Awaitable[list[Event]]]) -> None:
        """Follow one run to its end; the first Ctrl-C ends it, the second leaves."""
        client = await self._api.client()
        loop, task = asyncio.get_running_loop(), cast("asyncio.Task[None]", asyncio.current_task())
        pressed = 0

        def interrupted() -> None:
            nonlocal pressed
            pressed += 1
            if pressed > 1:
                task.cancel()
                return
            client.cancel()
            self._screen.note("ending the run; Ctrl-C again leaves", "yellow")

        loop.add_signal_handler(signal.SIGINT, interrupted)
        try:
            self.events = await follow(client)
        except asyncio.CancelledError as error:
            raise LeftError from error
        finally:
            loop.remove_signal_handler(signal.SIGINT)
        self._thread_id = self.events[-1].thread_id
        self.failed += not self._waits() and status_of(self.events[-1]) != "completed"

    def _open_thread(self) -> UUID:
        if self._thread_id is None:
            raise InvalidError("no thread is open", where="line", hint="ask something, or /threads and /open N")
        return self._thread_id

    def _chosen(self, wanted: str) -> UUID:
        """The thread that a number of the last list or an id names."""
        if wanted.isascii() and wanted.isdigit() and 0 < int(wanted) <= len(self._listed):
            return self._listed[int(wanted) - 1].thread_id
        try:
            return UUID(wanted)
        except ValueError:
            raise InvalidError(
                f"no thread {wanted!r}", where="/open", hint="/threads lists them with numbers"
            ) from None


def _number(text: str, otherwise: int) -> int:
    """The number that was typed, or this one when nothing was."""
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit()):
        raise InvalidError(f"not a number: {text!r}", where="line")
    return int(text)
