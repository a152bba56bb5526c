"""The eval's way through the doors: a fresh account, its data, each question asked, and the account gone again."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from netra.analytics.events import UsageEvent
from netra.cli.client import Client
from netra.errors import DependencyError
from netra.evals.cases import Case, asked
from netra.evals.grading import Grade, grade
from netra.evals.rows import lines
from netra.events.union import ApprovalRequestedData, Event
from netra.settings.timeouts import Timeouts

HTTP_S = 60.0
POLL_S = 0.1
POLLS = 1200
"""Two minutes for an import."""
FILENAME = "eval.jsonl"


class Examination:
    """One account with data of its own, and the questions that were asked so far."""

    def __init__(self, http: httpx.AsyncClient, token: str, rows: Sequence[UsageEvent]) -> None:
        """See `examined`."""
        self._http = http
        self._token = token
        self._rows = rows
        self._threads: dict[str, UUID] = {}

    async def ask(self, case: Case) -> Grade:
        """Ask the question, decide what waits for an approval, and grade the run."""
        today = datetime.now(UTC)
        began = time.perf_counter()
        events = await self._client().ask(asked(case.ask, today), _nothing, thread_id=self._threads.get(case.after))
        while isinstance(waits := events[-1].data, ApprovalRequestedData):
            # The client leaves a run that waits for its owner; whoever decided follows it to its end.
            run_id, seen = events[-1].run_id, events[-1].seq
            await self._decide(case, run_id, waits.call_id)
            events += await self._client().follow(run_id, _nothing, after=seen)
        seconds = time.perf_counter() - began
        self._threads[case.id] = events[-1].thread_id
        return grade(case, events, self._rows, today, seconds=seconds)

    async def load(self) -> None:
        """Bring the rows in, as a person would. Raises DependencyError when not all of them arrive."""
        content = b"".join(lines(self._rows))
        begun = await self._send("POST", f"/api/imports?filename={FILENAME}", content=content)
        state: dict[str, Any] = {"state": "running"}
        for _ in range(POLLS):
            state = await self._send("GET", f"/api/imports/{begun['import_id']}")
            if state["state"] != "running":
                break
            await asyncio.sleep(POLL_S)
        if state["state"] != "done" or state["imported"] != len(self._rows):
            raise DependencyError(f"the data did not arrive: {state}", where="POST /api/imports")

    def _client(self) -> Client:
        return Client(str(self._http.base_url), self._token, Timeouts())

    async def _decide(self, case: Case, run_id: UUID, call_id: str) -> None:
        decision = {"approved": bool(case.approve), "note": "decided by the eval"}
        await self._send("POST", f"/api/runs/{run_id}/approvals/{call_id}", json=decision)

    async def _send(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        return await sent(self._http, method, path, headers={"Authorization": f"Bearer {self._token}"}, **body)


@asynccontextmanager
async def examined(url: str, rows: Sequence[UsageEvent]) -> AsyncGenerator[Examination]:
    """A new account at this server that holds these rows; it and they are deleted after the block."""
    email, password = f"eval-{uuid4().hex}@example.com", secrets.token_urlsafe(24)
    async with httpx.AsyncClient(base_url=url, timeout=HTTP_S, trust_env=False) as http:
        pair = await sent(http, "POST", "/api/auth/register", json={"email": email, "password": password})
        examination = Examination(http, str(pair["access_token"]), rows)
        try:
            await examination.load()
            yield examination
        finally:
            again = await sent(http, "POST", "/api/auth/login", json={"email": email, "password": password})
            headers = {"Authorization": f"Bearer {again['access_token']}"}
            await sent(http, "DELETE", "/api/auth/me", headers=headers, json={"password": password})


async def examine(
    url: str, rows: Sequence[UsageEvent], questions: Sequence[Case], on_grade: Callable[[Grade], None]
) -> list[Grade]:
    """The grades of all questions, asked one after the other."""
    grades: list[Grade] = []
    async with examined(url, rows) as examination:
        for case in questions:
            grades.append(await examination.ask(case))
            on_grade(grades[-1])
    return grades


async def sent(http: httpx.AsyncClient, method: str, path: str, **given: Any) -> dict[str, Any]:
    """The answer's body; raises DependencyError when there is none, or it refuses."""
    try:
        answer = await http.request(method, path, **given)
    except httpx.HTTPError as error:
        raise DependencyError(
            f"{http.base_url}: {type(error).__name__}", where="--url", hint="is it running?"
        ) from error
    if answer.is_error:
        raise DependencyError(f"{method} {path} answers {answer.status_code}: {answer.text[:300]}", where="--url")
    return answer.json() if answer.content else {}


def _nothing(event: Event) -> None:
    """Events are graded together, at the end."""
    del event
