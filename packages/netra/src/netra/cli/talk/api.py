"""A server's HTTP door as a logged-in person uses it, for as long as a conversation lasts."""

import time
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import httpx

from netra.auth.sessions import TokenPair
from netra.cli.client import HTTP_S, Client, opened_session
from netra.cli.login import Login
from netra.errors import (
    ConflictError,
    DependencyError,
    ErrorBody,
    ForbiddenError,
    InvalidError,
    NetraError,
    NotFoundError,
    RateLimitedError,
    TooLargeError,
    UnauthorizedError,
)
from netra.events.union import EVENTS, ApprovalRequested, Event
from netra.runs.accept import Accepted
from netra.runs.read import RunView
from netra.settings.timeouts import Timeouts
from netra.threads.records import Message, MessagePage, Thread, ThreadPage, Visible
from netra.web.usage import Usage

EARLY_S = 60.0
"""A token is exchanged this long before it expires."""
EXPORT_S = 60.0
KINDS = (UnauthorizedError, ForbiddenError, NotFoundError, ConflictError, TooLargeError, DependencyError)
REFUSALS: dict[int, type[NetraError]] = {error.status: error for error in KINDS}


class Api:
    """One person's session; it ends with the block."""

    def __init__(self, login: Login, tokens: TokenPair, timeouts: Timeouts) -> None:
        """See `Api.opened`."""
        self._url = login.url
        self._timeouts = timeouts
        self._http = httpx.AsyncClient(base_url=login.url, timeout=HTTP_S, trust_env=False)
        self._keep(tokens)

    @classmethod
    async def opened(cls, login: Login, timeouts: Timeouts) -> Self:
        """Log in; raises as `opened_session`."""
        return cls(login, await opened_session(login), timeouts)

    async def __aenter__(self) -> Self:
        """Use it."""
        return self

    async def __aexit__(self, *failure: object) -> None:
        """Log out, if anybody answers."""
        try:
            await self._http.post("/api/auth/logout", json={"refresh_token": self._tokens.refresh_token})
        except httpx.HTTPError:
            pass
        finally:
            await self._http.aclose()

    async def client(self) -> Client:
        """Somebody who may ask one question over the socket."""
        return Client(self._url, await self._token(), self._timeouts)

    async def threads(self, words: str = "", status: Visible = "active") -> tuple[Thread, ...]:
        """The newest threads, or those with all of these words."""
        params = {"q": words, "status": status, "limit": 20}
        return ThreadPage.model_validate(await self._json("GET", "/api/threads", params=params)).threads

    async def thread(self, thread_id: UUID) -> Thread:
        """One thread."""
        return Thread.model_validate(await self._json("GET", f"/api/threads/{thread_id}"))

    async def change(self, thread_id: UUID, **wanted: str) -> Thread:
        """Rename it, put it away or bring it back."""
        return Thread.model_validate(await self._json("PATCH", f"/api/threads/{thread_id}", json=wanted))

    async def delete(self, thread_id: UUID) -> None:
        """Delete it."""
        await self._answer("DELETE", f"/api/threads/{thread_id}")

    async def messages(self, thread_id: UUID) -> list[Message]:
        """All of its messages, oldest first."""
        found: list[Message] = []
        after: int | None = 0
        while after is not None:
            params = {"after": after, "limit": 100}
            answer = await self._json("GET", f"/api/threads/{thread_id}/messages", params=params)
            page = MessagePage.model_validate(answer)
            found += page.messages
            after = page.next_after
        return found

    async def export(self, thread_id: UUID, kind: str, file: Path | None) -> Path:
        """Keep the thread in this file, else in one with the name that the server gives; never over another file."""
        path = f"/api/threads/{thread_id}/export"
        answer = await self._answer("GET", path, params={"format": kind}, timeout=EXPORT_S)
        named = answer.headers.get("content-disposition", "").partition('filename="')[2].rstrip('"')
        target = file or Path(Path(named).name or f"thread-{thread_id}")
        with target.open("xb") as out:
            out.write(answer.content)
        return target

    async def run(self, run_id: UUID) -> RunView:
        """How a run stands."""
        return RunView.model_validate(await self._json("GET", f"/api/runs/{run_id}"))

    async def events(self, run_id: UUID) -> list[Event]:
        """What a run has said so far."""
        told = await self._json("GET", f"/api/runs/{run_id}/events", params={"stream": "false"})
        return [EVENTS.validate_python(event) for event in told]

    async def retry(self, message_id: UUID) -> Accepted:
        """Ask again what this message asked."""
        return Accepted.model_validate(await self._json("POST", f"/api/messages/{message_id}/retry"))

    async def decide(self, asked: ApprovalRequested, *, approved: bool, note: str) -> None:
        """Approve or refuse the call that a run waits with."""
        path = f"/api/runs/{asked.run_id}/approvals/{asked.data.call_id}"
        await self._answer("POST", path, json={"approved": approved, "note": note})

    async def usage(self, days: int) -> Usage:
        """What the person used."""
        return Usage.model_validate(await self._json("GET", "/api/usage", params={"days": days}))

    def _keep(self, tokens: TokenPair) -> None:
        self._tokens = tokens
        self._until = time.monotonic() + tokens.expires_in - EARLY_S

    async def _token(self) -> str:
        """An access token that does not expire soon; a session that was ended elsewhere stays ended."""
        if time.monotonic() >= self._until:
            body = {"refresh_token": self._tokens.refresh_token}
            answer = await self._sent("POST", "/api/auth/refresh", json=body)
            self._keep(TokenPair.model_validate(answer.json()))
        return self._tokens.access_token

    async def _json(self, method: str, path: str, **more: Any) -> Any:
        return (await self._answer(method, path, **more)).json()

    async def _answer(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self._token()}"}
        return await self._sent(method, path, headers=headers, **more)

    async def _sent(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            answer = await self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise DependencyError(f"{self._url}: {type(error).__name__}", where=path, hint="try again") from error
        if answer.is_success:
            return answer
        raise refusal(answer)


def refusal(answer: httpx.Response) -> NetraError:
    """Why the server refused, in its own words where it is ours."""
    kind = REFUSALS.get(answer.status_code, InvalidError)
    try:
        said = ErrorBody.model_validate(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return kind(f"the server answers {answer.status_code}", where=answer.request.url.path, hint="check --url")
    if answer.status_code == RateLimitedError.status:
        return RateLimitedError(said.message, retry_after=said.retry_after or 0, where=said.where, hint=said.hint)
    return kind(said.message, where=said.where, hint=said.hint)
