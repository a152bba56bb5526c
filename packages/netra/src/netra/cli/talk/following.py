"""The run that a `netra chat` follows: what it said, what it waits for, and its end on Ctrl-C."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import cast
from uuid import UUID

from netra.cli.ask import status_of
from netra.cli.client import Client
from netra.cli.talk.api import Api
from netra.cli.talk.screen import Screen
from netra.errors import ConflictError, InvalidError
from netra.events.union import ApprovalRequested, Event, is_terminal


class LeftError(Exception):
    """The person wants to leave while a run goes on."""


class Following:
    """Follows one run after the other, each to its end or until it waits for a decision."""

    def __init__(self, api: Api, screen: Screen) -> None:
        """Speak through this door, show on this screen."""
        self._api = api
        self._screen = screen
        self.events: list[Event] = []
        """What the last run said."""
        self.asked: ApprovalRequested | None = None
        """What it waits for."""
        self.failed = 0
        """Runs that gave no answer."""

    def forget(self) -> None:
        """Another thread is talked about."""
        self.events, self.asked = [], None

    async def ask(self, text: str, thread_id: UUID | None) -> UUID:
        """Ask, and follow the run that answers; answers its thread. Raises InvalidError while a decision is due."""
        self.free()
        await self._follow(lambda client: client.ask(text, self._screen.event, thread_id=thread_id))
        return self.events[-1].thread_id

    async def begin(self, run_id: UUID) -> None:
        """Follow a run that was just begun."""
        await self._follow(lambda client: client.follow(run_id, self._screen.event))

    async def resume(self, run_id: UUID) -> None:
        """Show what a run said so far, and follow it on."""
        heard = await self._api.events(run_id)
        for event in heard:
            self._screen.event(event)
        self.events = heard
        if not self._rests():
            await self._follow(lambda client: client.follow(run_id, self._screen.event, after=len(heard)))
            self.events = [*heard, *self.events]

    async def decide(self, note: str, *, approved: bool) -> None:
        """Say what may happen, and follow the run on; raises InvalidError when nothing waits."""
        asked = self.asked
        if asked is None:
            raise InvalidError("nothing waits for your decision", where="line")
        try:
            await self._api.decide(asked, approved=approved, note=note)
        except ConflictError as error:
            # Somebody or the clock was faster: the log says which.
            self._screen.note(str(error), "yellow")
        self.asked, before = None, self.events
        await self._follow(lambda client: client.follow(asked.run_id, self._screen.event, after=asked.seq))
        self.events = [*before, *self.events]

    def free(self) -> None:
        """Raise InvalidError while a run waits: what is asked now would wait behind it."""
        if self.asked is not None:
            message = f"{self.asked.data.tool} waits for your decision"
            raise InvalidError(message, where="line", hint="/approve or /refuse, with a note if you like")

    async def _follow(self, follow: Callable[[Client], Awaitable[list[Event]]]) -> None:
        """Follow one run; the first Ctrl-C ends it, the second leaves."""
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
        self._rests()

    def _rests(self) -> bool:
        """Whether nothing more comes by itself: the run has ended, or waits, which is said with what can be typed."""
        last = self.events[-1]
        if isinstance(last, ApprovalRequested):
            self.asked = last
            self._screen.note(last.data.why, "yellow")
            until = f"{last.data.expires_at:%Y-%m-%d %H:%M} UTC"
            self._screen.note(f"/approve or /refuse, with a note if you like, until {until}", "yellow")
            return True
        ended = is_terminal(last)
        self.failed += ended and status_of(last) != "completed"
        return ended
