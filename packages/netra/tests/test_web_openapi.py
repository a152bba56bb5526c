"""What the OpenAPI document says is what the server does: Schemathesis calls every operation with all of its checks."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from netra_doors import Door, Person
from netra_runs import Script, worker

from netra.analytics import schema
from netra.settings.contract import load
from netra.stores import clickhouse
from netra.stores.database import Pool

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ENDS_THE_SESSION = (
    "/api/auth/logout",
    "/api/auth/logout-everywhere",
    "/api/auth/password",
    "/api/auth/me",
    "/api/auth/sessions/{session_id}",
)
"""Called apart, each on behalf of somebody of its own."""
LOOKS_ELSEWHERE = "/api/mcp-servers"
"""Looks made-up hosts up, perhaps for seconds, and no schema says which of them is a server: see test_web_mcp.py."""
SETTINGS = """
# What is too large is refused too.
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "431"]

# No schema can say which opaque text is a cursor of ours.
[[operations]]
include-name = "GET /api/threads"
checks.positive_data_acceptance.expected-statuses = ["2xx", "422"]
"""


async def explored(door: Door, person: Person, folder: Path, *chosen: str) -> None:
    """Every chosen operation with examples, at its edges, with noise and in sequences; all checks."""
    (folder / "schemathesis.toml").write_text(SETTINGS)
    command = (
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{door.address}/api/openapi.json"),
        *("--header", f"Authorization: Bearer {person.access_token}", "--checks", "all"),
        *("--max-examples", "4", "--seed", "1", "--no-color", "--request-timeout", "10"),
        *chosen,
    )
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    # A request that is too large would be told whole.
    told = "\n".join(line[:300] for line in out.decode().splitlines())
    assert process.returncode == 0, told[-20_000:]
    assert b"Tested: 0" not in out, "the control: something was called"
    faults = [line for line in door.lines() if line["level"] == "error" or line.get("status", 0) >= 500]
    assert faults == []


async def test_every_operation_does_what_its_document_says(
    door: Door, database: Pool, environ: Mapping[str, str], tmp_path: Path
) -> None:
    person = await door.promoted(await door.person(), "enterprise", database)
    client = await clickhouse.open_client(load(environ).clickhouse)
    await schema.ensure(client)
    await client.close()
    excluded = [word for path in (*ENDS_THE_SESSION, LOOKS_ELSEWHERE) for word in ("--exclude-path", path)]
    async with worker(environ, tmp_path, Script(calls=0, words=1)):
        await explored(door, person, tmp_path, *excluded)


@pytest.mark.parametrize("path", ENDS_THE_SESSION)
async def test_what_ends_the_session_does_what_its_document_says(door: Door, tmp_path: Path, path: str) -> None:
    await explored(door, await door.person(), tmp_path, "--include-path", path)
