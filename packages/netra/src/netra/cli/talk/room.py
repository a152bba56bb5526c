"""The state of a `netra chat`: which thread is open, which list was shown last, and what the last run said."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal
from uuid import UUID

from netra.cli.talk import calls, money
from netra.cli.talk.api import Api
from netra.cli.talk.following import Following
from netra.cli.talk.line import SAY, Line, guide
from netra.cli.talk.screen import Screen
from netra.errors import InvalidError
from netra.threads.records import Message, Thread

SHOWN = 3
"""Questions of a thread that are shown when it is opened."""
KINDS = ("markdown", "json")
DAYS = 30


class Room:
    """Does what the lines say, one after the other."""

    def __init__(self, api: Api, screen: Screen) -> None:
        """Speak through this door, show on this screen."""
        self._api = api
        self._screen = screen
        self._thread_id: UUID | None = None
        self._listed: tuple[Thread, ...] = ()
        self.run = Following(api, screen)
        """The last run."""

    async def do(self, line: Line) -> None:
        """Do what one line says; raises NetraError when it cannot be done."""
        if line.name == SAY:
            await self.say(line.rest)
        else:
            await self._commands()[line.name](line.rest)

    async def say(self, text: str) -> None:
        """Ask, and show the run to its end; the first message of a room begins a thread."""
        if text:
            self._thread_id = await self.run.ask(text, self._thread_id)

    async def open(self, wanted: str) -> list[str]:
        """Go on with a thread, and with its run if one goes on; answers what was asked there."""
        thread = await self._api.thread(self._chosen(wanted))
        self._thread_id = thread.thread_id
        self.run.forget()
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
            "approve": lambda note: self.run.decide(note, approved=True),
            "refuse": lambda note: self.run.decide(note, approved=False),
            "usage": self._usage,
        }

    async def _help(self, _rest: str) -> None:
        self._screen.note(guide())

    async def _new(self, _rest: str) -> None:
        self._thread_id = None
        self.run.forget()
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
        self.run.free()
        asked = [m for m in await self._api.messages(self._open_thread()) if m.role == "user"]
        if not asked:
            raise InvalidError("nothing was asked in this thread", where="/retry", hint="ask something")
        accepted = await self._api.retry(asked[-1].message_id)
        await self.run.begin(accepted.run_id)

    async def _tools(self, number: str) -> None:
        found = calls.of(self.run.events)
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
            await self.run.resume(run_id)
            return
        self.run.events = await self._api.events(run_id)
        if run.status != "completed":
            self._screen.note(f"no answer: {run.status} {run.reason}; /retry asks again", "yellow")

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
