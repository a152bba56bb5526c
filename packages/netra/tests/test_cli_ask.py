"""`netra ask` as a person types it: with nothing running, against a server, and when there is no answer."""

import asyncio
import json
import os
import signal
import stat
import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from netra_doors import PASSWORD, Door
from netra_models import endpoint, response
from netra_runs import Script, eventually, worker

from netra.events.laws import breaches
from netra.events.union import EVENTS
from netra.settings.contract import load
from netra.stores import postgres

QUESTION = "what did my workloads cost?"
NOBODY_S = 90.0


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out.splitlines()[-1])


async def netra(environ: Mapping[str, str], *arguments: str, within_s: float = 60.0) -> Said:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "netra.cli.main",
        *arguments,
        env={"PATH": os.environ["PATH"], **environ},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), within_s)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Said(code=process.returncode or 0, out=out.decode(), err=err.decode())


@pytest.fixture
async def asker(door: Door) -> dict[str, str]:
    """The variables with which a person with an account asks this door."""
    person = await door.person()
    return {"NETRA_URL": door.address, "NETRA_EMAIL": person.email, "NETRA_PASSWORD": PASSWORD}


@pytest.fixture
async def working(environ: Mapping[str, str], door: Door, tmp_path: Path) -> AsyncGenerator[None]:
    """A worker behind the door that needs no usage data."""
    del door
    async with worker(environ, tmp_path, Script(calls=2, words=4)):
        yield


async def test_with_nothing_running_it_answers_and_leaves_nothing_behind(tmp_path: Path) -> None:
    state = tmp_path / "state"
    environ = {"NETRA_STATE_DIR": str(state)}
    said = await netra(environ, "ask", QUESTION, within_s=NOBODY_S)
    assert said.code == 0, said.err
    assert "netra data generate" in said.out
    assert "netra data import" in said.out
    assert "data_profile" in said.err
    assert stat.S_IMODE((state / "secrets" / "local_account").stat().st_mode) == 0o600
    assert not (state / "environment").exists()
    assert not (state / "postgres" / "postmaster.pid").exists(), "PostgreSQL was shut down"


@pytest.mark.usefixtures("working")
async def test_a_person_asks_a_server_and_reads_events_and_answer_apart(asker: dict[str, str]) -> None:
    said = await netra(asker, "ask", *QUESTION.split())
    assert said.code == 0, said.err
    assert said.out.strip() == "word0 word1 word2 word3"
    assert "triage" in said.err
    assert "→ stride(number=1)" in said.err
    assert "← stride ok" in said.err
    assert "word0" not in said.err


@pytest.mark.usefixtures("working")
async def test_programs_get_one_object_whose_events_keep_the_laws(asker: dict[str, str]) -> None:
    said = await netra(asker, "ask", "--output", "json", QUESTION)
    assert (said.code, said.err) == (0, "")
    assert len(said.out.splitlines()) == 1
    assert (said.json["status"], said.json["answer"], said.json["numbers"]) == (
        "completed",
        "word0 word1 word2 word3",
        [],
    )
    events = [EVENTS.validate_python(event) for event in said.json["events"]]
    assert breaches(events, finished=True) == ()
    assert 0 < said.json["seconds"] < 60
    assert said.json["run_id"] == str(events[0].run_id)


async def test_a_wrong_password_and_an_absent_server_are_one_line_each(asker: dict[str, str]) -> None:
    wrong = await netra({**asker, "NETRA_PASSWORD": "not this one"}, "ask", QUESTION)
    assert (wrong.code, wrong.out) == (1, "")
    assert wrong.err.startswith("unauthorized: ")
    assert len(wrong.err.splitlines()) == 1
    absent = await netra({**asker, "NETRA_URL": "http://127.0.0.1:9"}, "ask", QUESTION)
    assert absent.err.startswith("dependency_unavailable: --url: ")
    assert len(absent.err.splitlines()) == 1


async def test_a_run_that_fails_says_what_failed_and_where(
    environ: Mapping[str, str], asker: dict[str, str], tmp_path: Path
) -> None:
    refusing = response(401, {"error": {"message": "bad key"}})
    async with endpoint(lambda _: refusing) as model, worker({**environ, **model.environ}, tmp_path):
        shown = await netra(asker, "ask", QUESTION)
        asked = await netra(asker, "ask", "--output", "json", QUESTION)
    assert (shown.code, shown.out) == (1, "")
    assert "llm_auth (llm)" in shown.err
    assert (asked.code, asked.json["status"], asked.json["answer"]) == (1, "failed", "")
    assert (asked.json["reason"], asked.json["component"]) == ("llm_auth", "llm")


@pytest.fixture
def interruptible() -> Generator[None]:
    """What a shell runs in the background ignores SIGINT, and so do its children unless it is set anew."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
async def test_ctrl_c_cancels_the_run(environ: Mapping[str, str], asker: dict[str, str], tmp_path: Path) -> None:
    async with worker(environ, tmp_path, Script(calls=1, seconds=30)):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "netra.cli.main",
            "ask",
            QUESTION,
            env={"PATH": os.environ["PATH"], **asker},
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        while b"stride(" not in await asyncio.wait_for(process.stderr.readline(), 30):
            pass
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 10) == 130
        async with postgres.pool(load(environ).postgres) as pool:

            async def cancelled() -> bool:
                return await pool.fetchval("select status from runs order by position desc limit 1") == "cancelled"

            await eventually(cancelled, 5)
