"""A small real system to test: notes over HTTP and WebSocket, kept in a real PostgreSQL, logged as JSON lines."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - asyncpg ships none
import pytest
import pytest_asyncio
from aiohttp import WSMsgType, web
from servers import Postgres

from goldenpath.testing.rows import Database
from goldenpath.testing.run import SuiteRun
from goldenpath.testing.target import Target
from goldenpath.testing.witness import Sources

PYTEST_INI = """[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = session
asyncio_default_test_loop_scope = session
filterwarnings = error
addopts = --strict-markers
"""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shelf(database: Postgres) -> Database:
    """A real database with one table of notes."""
    place = Database(
        host="127.0.0.1", port=database.port, user=database.user, password=database.password, database="postgres"
    )
    connection = await connect(place)
    await connection.execute("create table if not exists notes (content text not null)")
    await connection.close()
    return place


async def connect(place: Database) -> Any:
    return await cast("Any", asyncpg).connect(**place.model_dump())


@dataclass
class Notes:
    """The running system; its weaknesses are set before it starts."""

    door: str
    log: Path
    database: Database
    weaknesses: set[str] = field(default_factory=set[str])
    """`mute` (logs nothing), `forgetful` (stores nothing), `renamed` (answers as another revision)."""
    requests: int = 0


@asynccontextmanager
async def serve(database: Database, folder: Path, weaknesses: set[str]) -> AsyncGenerator[Notes]:
    notes = Notes(door="", log=folder / "notes.jsonl", database=database, weaknesses=weaknesses)
    connection, turn = await connect(database), asyncio.Lock()
    app = web.Application(middlewares=[_logged(notes)])

    async def version(request: web.Request) -> web.Response:
        del request
        return web.json_response({"revision": "r1", "print": "f1"})

    async def create(request: web.Request) -> web.Response:
        content = (await request.json())["content"]
        if "forgetful" not in weaknesses:
            async with turn:  # one connection serves one statement at a time
                await connection.execute("insert into notes values ($1)", content)
        return web.json_response({"content": content}, status=201)

    async def converse(request: web.Request) -> web.WebSocketResponse:
        conversation = web.WebSocketResponse()
        conversation.headers["X-Revision"] = "r1"
        await conversation.prepare(request)
        async for message in conversation:
            if message.type == WSMsgType.TEXT:
                await conversation.send_json({"length": len(message.data)})
        return conversation

    app.router.add_get("/version", version)
    app.router.add_post("/notes", create)
    app.router.add_get("/socket", converse)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    notes.door = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield notes
    finally:
        await runner.cleanup()
        await connection.close()


def _logged(notes: Notes) -> Any:
    @web.middleware
    async def log(request: web.Request, handler: Any) -> web.StreamResponse:
        notes.requests += 1
        if "mute" not in notes.weaknesses:
            with notes.log.open("a") as file:
                file.write(json.dumps({"request_id": request.headers.get("X-Request-ID", "")}) + "\n")
        response = await handler(request)
        if not response.prepared:
            response.headers["X-Revision"] = "r2" if "renamed" in notes.weaknesses else "r1"
        return response

    return log


@pytest_asyncio.fixture(loop_scope="session")
async def notes(shelf: Database, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Notes]:
    """The system, with the weaknesses of the test's `weak` marker-free parameter."""
    async with serve(shelf, tmp_path, set(getattr(request, "param", ()))) as system:
        yield system


SuiteOf = Callable[..., SuiteRun]


@pytest.fixture
def suite_of(notes: Notes, tmp_path: Path) -> SuiteOf:
    """Writes test files as a project's suite, and describes its run against the notes system."""

    def write(files: dict[str, str], **changes: Any) -> SuiteRun:
        project = tmp_path / "project"
        (project / "suite").mkdir(parents=True)
        (project / "pytest.ini").write_text(PYTEST_INI)
        for name, source in files.items():
            (project / "suite" / name).write_text(source)
        described = SuiteRun(
            project=project,
            path="suite",
            target=target_of(notes),
            sources=Sources(
                logs=(str(notes.log),),
                log_field="request_id",
                sql="select count(*) from notes where content like '%' || $1 || '%'",
                database=notes.database,
            ),
            work_dir=tmp_path / "work",
            workers=0,
            timeout_s=60,
        )
        return described.model_copy(update=changes)

    return write


def target_of(notes: Notes, **changes: Any) -> Target:
    target = Target(
        door=notes.door,
        socket_path="/socket",
        revision="r1",
        fingerprint="f1",
        version_path="/version",
        revision_field="revision",
        fingerprint_field="print",
        revision_header="X-Revision",
        environ={"NOTES_PASSWORD": notes.database.password},
    )
    return target.model_copy(update=changes)
