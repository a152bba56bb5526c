"""A file that is sent to netra is imported as a whole or not at all, and says how far it is and what it refused."""

import asyncio
import fcntl
import gzip
import os
import signal
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from netra_doors import Door, Person, opened
from netra_usage import Usage
from netra_usage import opened as opened_usage

from netra.auth.plans import PLANS
from netra.settings.contract import load
from netra.stores.database import Pool

ROWS = "at,model,input_tokens,output_tokens,latency_ms\n" + "".join(
    f"2026-11-0{1 + n % 9}T10:00:00Z,gpt-4o,{n},1,5\n" for n in range(1, 201)
)


@pytest.fixture(scope="module")
async def usage(environ: Mapping[str, str]) -> AsyncGenerator[Usage]:
    async with opened_usage(load(environ)) as usage:
        yield usage


async def sent(door: Door, person: Person, content: bytes | str, **query: str) -> str:
    answer = await door.http.post(
        "/api/imports", headers=person.headers, content=content, params={"filename": "usage.csv", **query}
    )
    assert answer.status_code == 202, answer.text
    return answer.json()["import_id"]


async def ended(door: Door, person: Person, import_id: str, within_s: float = 60) -> dict[str, Any]:
    async with asyncio.timeout(within_s):
        while True:
            answer = await door.http.get(f"/api/imports/{import_id}", headers=person.headers)
            state = answer.json()
            if state["state"] != "running":
                return state
            assert state["ended_at"] is None
            assert 0 <= state["share"] <= 1
            await asyncio.sleep(0.05)


async def test_a_file_is_imported_and_its_bad_rows_can_be_had_mended_and_sent_again(door: Door, usage: Usage) -> None:
    del usage  # the schema has to be there
    person, other = await door.person(), await door.person()
    import_id = await sent(door, person, ROWS + "yesterday,gpt-4o,1,1,1\n", workload="chat")
    state = await ended(door, person, import_id)
    counts = (state["rows"], state["imported"], state["already_there"], state["rejected"], state["skipped"])
    assert (state["state"], state["share"], state["error"], counts) == ("done", 1, None, (201, 200, 0, 1, 0))
    rejects = await door.http.get(f"/api/imports/{import_id}/rejects", headers=person.headers)
    assert rejects.text.splitlines()[1].startswith("yesterday,gpt-4o,1,1,1,202,at: 'yesterday' is not a date")
    assert rejects.headers["content-disposition"] == 'attachment; filename="usage.rejects.csv"'
    packed = gzip.compress(ROWS.encode())
    again = await ended(door, person, await sent(door, person, packed, filename="usage.csv.gz", workload="chat"))
    assert (again["imported"], again["already_there"]) == (0, 200)
    listed = (await door.http.get("/api/imports", headers=person.headers)).json()["imports"]
    assert [entry["import_id"] for entry in listed] == [again["import_id"], import_id]
    for path in ("", "/rejects"):
        refused = await door.http.get(f"/api/imports/{import_id}{path}", headers=other.headers)
        assert refused.status_code == 404
    assert (await door.http.get("/api/imports", headers=other.headers)).json() == {"imports": []}


@pytest.mark.slow
async def test_what_cannot_be_read_fails_and_says_why(door: Door, usage: Usage) -> None:
    del usage
    person = await door.person()
    state = await ended(door, person, await sent(door, person, "a,b\n1,2\n"))
    assert (state["state"], state["imported"]) == ("failed", 0)
    assert state["error"].startswith("no column for at, input_tokens, output_tokens among a, b")
    state = await ended(door, person, await sent(door, person, b"PAR1", filename="x.parquet"))
    assert (state["state"], "netra-import-" in state["error"]) == ("failed", False)

    async def status(content: bytes, filename: str) -> int:
        headers, params = person.headers, {"filename": filename}
        return (await door.http.post("/api/imports", headers=headers, content=content, params=params)).status_code

    bomb = gzip.compress(b"x" * (PLANS["free"].import_bytes + 1))
    state = await ended(door, person, await sent(door, person, bomb, filename="usage.csv.gz"))
    assert (state["state"], state["imported"]) == ("failed", 0)
    assert state["error"].startswith(f"unpacks to more than the {PLANS['free'].import_bytes} bytes")

    assert await status(b"x", "usage.xlsx") == 422
    assert await status(b"x", "../usage.csv") == 422
    assert not (await door.http.get(f"/api/imports/{state['import_id']}/rejects", headers=person.headers)).is_success


@pytest.mark.slow
async def test_a_file_over_the_plan_is_refused_while_it_comes(door: Door) -> None:
    person = await door.person()

    async def much() -> AsyncGenerator[bytes]:
        for _ in range(PLANS["free"].import_bytes // (1 << 20) + 1):
            yield b"x" * (1 << 20)

    answer = await door.http.post(
        "/api/imports", headers=person.headers, content=much(), params={"filename": "x.csv"}, timeout=60
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.slow
@pytest.mark.usefixtures("usage")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
async def test_an_import_whose_server_ends_has_failed_and_left_nothing(
    environ: Mapping[str, str], tmp_path: Path, door: Door, database: Pool, end: signal.Signals
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    many = "at,input_tokens,output_tokens\n" + "".join(f"2026-11-01T10:00:00Z,{n},1\n" for n in range(400_000))
    async with opened({**environ, "TMPDIR": str(files)}, tmp_path) as dying:
        person = await dying.person()
        import_id = await sent(dying, person, many)

        async with asyncio.timeout(60):
            # What is awaited happens in another process.
            while not (await dying.http.get(f"/api/imports/{import_id}", headers=person.headers)).json()["rows"]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        os.kill(dying.process.pid, end)
        await dying.process.wait()
    await database.execute("update imports set beat_at = beat_at - interval '1 minute' where state = 'running'")
    state = await ended(door, person, import_id)
    assert (state["state"], "stopped; import the file again" in state["error"]) == ("failed", True)
    async with asyncio.timeout(30):
        while list(files.iterdir()):  # noqa: ASYNC110 - what is awaited happens in another process
            await asyncio.sleep(0.05)
    mine = await ended(door, person, await sent(door, person, many))
    assert (mine["imported"], mine["already_there"]) == (400_000, 0), "nothing of the first try is there"


@pytest.mark.slow
async def test_a_server_takes_away_what_one_that_died_had_received_and_nothing_else(
    environ: Mapping[str, str], tmp_path: Path
) -> None:
    files = tmp_path / "files"
    for name in ("netra-import-left", "netra-import-held", "netra-import-young", "somebody-elses"):
        (files / name).mkdir(parents=True)
        (files / name / "usage.csv").write_text("a,b")
        if not name.endswith("young"):
            os.utime(files / name, (1, 1))
    held = os.open(files / "netra-import-held", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_SH)
    try:
        async with opened({**environ, "TMPDIR": str(files)}, tmp_path):
            kept = sorted(path.name for path in files.iterdir())
    finally:
        os.close(held)
    assert kept == ["netra-import-held", "netra-import-young", "somebody-elses"]


@pytest.mark.slow
async def test_a_large_file_may_come_slowly_and_a_body_that_trickles_may_not(
    environ: Mapping[str, str], tmp_path: Path
) -> None:
    async with opened(environ, tmp_path, body_s=1.0) as strict:
        person = await strict.person()

        async def slowly(piece: bytes) -> AsyncGenerator[bytes]:
            yield ROWS.encode()
            for _ in range(4):
                await asyncio.sleep(0.6)
                yield piece

        async def status(piece: bytes) -> int:
            path, headers = "/api/imports", person.headers
            params = {"filename": "usage.csv"}
            try:
                answer = await strict.http.post(path, headers=headers, content=slowly(piece), params=params)
            except httpx.TransportError:
                # Whoever still sends may lose the answer with the connection.
                return 408
            return answer.status_code

        assert await status(b"\n" * (1 << 20)) == 202, "each piece has its time"
        assert await status(b"\n") == 408
        assert len((await strict.http.get("/api/imports", headers=person.headers)).json()["imports"]) == 1
