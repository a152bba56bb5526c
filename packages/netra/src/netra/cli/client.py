"""A person at the door of a netra server: logs in, asks over the socket, and reads the run to its end."""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from netra.auth.sessions import TokenPair
from netra.cli.login import Login
from netra.errors import ConflictError, DependencyError, ErrorBody, InvalidError, UnauthorizedError
from netra.events.union import EVENTS, ApprovalRequested, Event, is_terminal
from netra.settings.timeouts import Timeouts
from netra.stores.waiting import end

OK = 200
HTTP_S = 10.0
RETRY_S = 0.5
FAREWELL_S = 1.0


class Client:
    """One logged-in person who asks one question, or follows one run."""

    def __init__(self, url: str, token: str, timeouts: Timeouts) -> None:
        """See `log_in`."""
        self._socket = url.replace("http", "ws", 1).rstrip("/") + "/ws"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeouts = timeouts
        self._message: dict[str, str] = {}
        self._run_id: UUID | None = None
        self._seen = 0
        self._accepted = asyncio.Event()
        self._unwanted = asyncio.Event()

    async def ask(
        self, question: str, on_event: Callable[[Event], None], *, thread_id: UUID | None = None
    ) -> list[Event]:
        """The events of the run that answers, across lost connections; whoever is cancelled here cancels the run.

        They end with the run, or when it asks for an approval.
        """
        self._message = {"content": question} | ({"thread_id": str(thread_id)} if thread_id else {})
        return await self._heard(on_event)

    async def follow(self, run_id: UUID, on_event: Callable[[Event], None], *, after: int = 0) -> list[Event]:
        """The events of a run that somebody began, from that seq on, as `ask`."""
        self._run_id, self._seen = run_id, after
        self._accepted.set()
        return await self._heard(on_event)

    def cancel(self) -> None:
        """Ask for the run's end; its events come until then."""
        self._unwanted.set()

    async def _heard(self, on_event: Callable[[Event], None]) -> list[Event]:
        events: list[Event] = []
        limit_s = self._timeouts.client_wait_s
        try:
            async with asyncio.timeout(limit_s):
                await self._follow(events, on_event)
        except TimeoutError as error:
            raise DependencyError(f"the run did not end within {limit_s:g} s", where="run", hint="ask again") from error
        return events

    async def _follow(self, events: list[Event], on_event: Callable[[Event], None]) -> None:
        while not _is_over(events):
            try:
                async with self._opened() as socket:
                    await self._converse(socket, events, on_event)
            except InvalidHandshake as error:
                raise DependencyError(f"{self._socket} refused: {error}", where="socket") from error
            except (ConnectionClosed, OSError) as error:
                if self._run_id is None:
                    # Whether the message arrived is not known: asking again could ask twice.
                    raise DependencyError(f"{self._socket}: {error}", where="socket", hint="ask again") from error
                await asyncio.sleep(RETRY_S)

    def _opened(self) -> connect:
        """A socket that gives a silent server up, as the server gives up a silent client."""
        heartbeat_s = self._timeouts.heartbeat_s
        return connect(
            self._socket,
            additional_headers=self._headers,
            compression=None,
            proxy=None,
            open_timeout=HTTP_S,
            ping_interval=heartbeat_s,
            ping_timeout=heartbeat_s,
            close_timeout=FAREWELL_S,
        )

    async def _converse(self, socket: ClientConnection, events: list[Event], on_event: Callable[[Event], None]) -> None:
        await socket.send(json.dumps(self._opening()))
        ending = asyncio.create_task(self._end_when_unwanted(socket))
        try:
            while not _is_over(events):
                event = self._received(json.loads(await socket.recv()))
                if event is not None:
                    events.append(event)
                    on_event(event)
        except asyncio.CancelledError:
            # A socket that fails now must not turn the wish to stop into another try.
            with suppress(ConnectionClosed, OSError):
                await self._cancel(socket)
            raise
        finally:
            await end(ending)

    async def _end_when_unwanted(self, socket: ClientConnection) -> None:
        await self._unwanted.wait()
        await self._accepted.wait()
        with suppress(ConnectionClosed, OSError):
            await self._cancel(socket)

    def _opening(self) -> dict[str, Any]:
        if self._run_id is None:
            return {"type": "user_message", **self._message}
        return {"type": "resume", "run_id": str(self._run_id), "after": self._seen}

    def _received(self, frame: dict[str, Any]) -> Event | None:
        match frame["type"]:
            case "ready" | "pong":
                return None
            case "message_accepted":
                self._run_id = UUID(frame["run_id"])
                self._accepted.set()
                return None
            case "error" if self._unwanted.is_set() and frame.get("code") == ConflictError.code:
                # It ended by itself meanwhile: its last event is on its way.
                return None
            case "error":
                raise InvalidError(frame["message"], where=frame.get("where", ""), hint=frame.get("hint", ""))
            case _:
                event = EVENTS.validate_python(frame)
                self._seen = event.seq
                return event

    async def _cancel(self, socket: ClientConnection) -> None:
        if self._run_id is not None:
            async with asyncio.timeout(FAREWELL_S):
                await socket.send(json.dumps({"type": "cancel", "run_id": str(self._run_id)}))


def _is_over(events: Sequence[Event]) -> bool:
    """Whether nothing more comes by itself."""
    return bool(events) and (is_terminal(events[-1]) or isinstance(events[-1], ApprovalRequested))


async def log_in(login: Login, timeouts: Timeouts) -> Client:
    """A client with a session; raises as `opened_session`."""
    return Client(login.url, (await opened_session(login)).access_token, timeouts)


async def opened_session(login: Login) -> TokenPair:
    """A session; raises UnauthorizedError when email or password are refused, DependencyError when nobody answers."""
    body = {"email": login.email, "password": login.password.get_secret_value()}
    try:
        async with httpx.AsyncClient(base_url=login.url, timeout=HTTP_S, trust_env=False) as http:
            answer = await http.post("/api/auth/login", json=body)
    except httpx.HTTPError as error:
        raise DependencyError(f"{login.url}: {type(error).__name__}", where="--url", hint="is it running?") from error
    if answer.status_code != OK:
        raise _refused(login.url, answer)
    return TokenPair.model_validate(answer.json())


def _refused(url: str, answer: httpx.Response) -> UnauthorizedError:
    """Why the log-in failed, in the server's words where it is ours."""
    try:
        said = ErrorBody.model_validate(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return UnauthorizedError(f"{url} answers {answer.status_code}", where="log-in", hint="check --url")
    return UnauthorizedError(said.message, where=said.where, hint=said.hint)
