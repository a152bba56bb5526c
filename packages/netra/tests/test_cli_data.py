"""`netra data` as a person runs it."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from netra_usage import Usage, counted, opened, traffic_files

from netra.auth.accounts import NO_PASSWORD, Registration, register
from netra.cli.reach import answers, read_environment
from netra.cli.tenants import locked
from netra.cli.up import write_environment
from netra.settings.model import Settings
from netra.stores.database import Pool

EMAIL = "ann@example.org"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        return json.loads(self.out)


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


@pytest.fixture(scope="module")
async def ann(database: Pool, usage: Usage) -> UUID:
    """A registered person's tenant."""
    del usage  # the schema has to be there
    account = await register(database, Registration(email=EMAIL, encoded=NO_PASSWORD))
    return UUID(str(account.tenant_id))


async def netra(environ: Mapping[str, str], *arguments: str) -> Outcome:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "netra.cli.main",
        "data",
        *arguments,
        env={**os.environ, **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return Outcome(code=process.returncode or 0, out=out.decode(), err=err.decode())


async def test_a_file_is_imported_for_the_account_and_only_once(
    environ: Mapping[str, str], ann: UUID, usage: Usage, tmp_path: Path
) -> None:
    path = traffic_files(tmp_path)["code"]
    rows = counted(path)
    command = (
        "import",
        str(path),
        "--email",
        EMAIL.upper(),
        "--workload",
        "code",
        "--model",
        "gpt-4o",
        "--output",
        "json",
    )
    first = await netra(environ, *command)
    assert first.code == 0, first.err
    assert first.err == ""
    assert (first.result["imported"], first.result["rejected"]) == (len(rows), 0)
    assert first.result["columns"]["input_tokens"] == "ContextTokens"
    again = await netra(environ, *command)
    assert (again.result["imported"], again.result["already_there"]) == (0, len(rows))
    found = (await usage.call(ann, "token_statistics", workloads=["code"])).model_dump()
    assert (found["requests"], found["input_tokens"]) == (len(rows), sum(i for i, _ in rows))


async def test_bad_rows_are_named_and_the_rest_is_there(environ: Mapping[str, str], ann: UUID, tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_text('{"t":"2026-01-01","i":1,"o":1}\nbroken\n{"t":"never","i":1,"o":1}\n', encoding="utf-8")
    outcome = await netra(
        environ, "import", str(path), "--tenant", str(ann), "--map", "at=t,input_tokens=i,output_tokens=o"
    )
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].startswith(
        f"{path}: 3 rows: 1 imported, 0 already there, 2 rejected (workload mixed, tenant {ann})"
    )
    assert lines[1] == "1 rows have no known price: their cost is unknown, not 0"
    assert lines[2].startswith("line 2: is not JSON")
    assert lines[3].startswith("line 3: at: 'never' is not a date and time")
    rejects = [json.loads(line) for line in (tmp_path / "mixed.rejects.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [r["reject_line"] for r in rejects] == [2, 3]
    assert (rejects[0]["row"], rejects[1]["t"]) == (["broken"], "never")


async def test_a_file_without_one_good_row_ends_with_1(environ: Mapping[str, str], ann: UUID, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("at,input_tokens,output_tokens\nnever,1,1\n", encoding="utf-8")
    elsewhere = tmp_path / "elsewhere.csv"
    outcome = await netra(
        environ, "import", str(path), "--tenant", str(ann), "--rejects", str(elsewhere), "--output", "json"
    )
    assert (outcome.code, outcome.result["imported"], outcome.result["rejected"]) == (1, 0, 1)
    assert elsewhere.exists()


async def test_generated_data_comes_with_its_truth_and_once(
    environ: Mapping[str, str], ann: UUID, usage: Usage
) -> None:
    command = ("generate", "--days", "6", "--requests-per-day", "120", "--end", "2026-11-01", "--tenant", str(ann))
    first = await netra(environ, *command, "--output", "json")
    assert first.code == 0, first.err
    truth = first.result["truth"]
    assert (truth["workload"], truth["at"]) == ("support-chat", "2026-10-30T00:00:00Z")
    again = await netra(environ, *command)
    assert f"0 imported, {first.result['imported']:,} already there" in again.out
    assert "truth: from 2026-10-30 on, in support-chat, gpt-4o takes 65% of the requests instead of 8%" in again.out
    found = await usage.call(
        ann, "cost_breakdown", workloads=["support-chat"], start=truth["at"], end="2026-11-01T00:00:00Z"
    )
    assert found.model_dump(mode="json")["cost_usd"] == pytest.approx(2 * truth["cost_per_day_after_usd"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--email", "nobody@example.org"),
            "not_found: --email: there is no account nobody@example.org - register first",
        ),
        (("--tenant", str(UUID(int=7))), f"not_found: --tenant: there is no tenant {UUID(int=7)} - register first"),
        (("--map", "moon=1"), "invalid: --map: 'moon=1' is not field=Column"),
        (("--dimension", "team"), "invalid: --dimension: there is no column team"),
    ],
)
async def test_what_is_wrong_is_said_in_one_line(
    environ: Mapping[str, str], ann: UUID, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("at,input_tokens,output_tokens\n2026-01-01,1,1\n", encoding="utf-8")
    owner = () if {"--email", "--tenant"} & set(arguments) else ("--tenant", str(ann))
    outcome = await netra(environ, "import", str(path), *arguments, *owner)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith(message)
    assert outcome.err.count("\n") == 1


async def test_two_imports_of_one_tenant_do_not_run_at_once(
    environ: Mapping[str, str], ann: UUID, database: Pool, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("at,input_tokens,output_tokens\n2026-01-01,1,1\n", encoding="utf-8")
    async with database.acquire() as connection, locked(connection, ann):
        outcome = await netra(environ, "import", str(path), "--tenant", str(ann))
        async with database.acquire() as other, locked(other, uuid4()):
            pass
    assert outcome.code == 1
    assert outcome.err.startswith(f"conflict: {ann}: another import of this tenant is running")


def test_the_environment_of_a_running_stack_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = {"POSTGRES_HOST": "127.0.0.1", "POSTGRES_PORT": "1", "POSTGRES_PASSWORD": 'a "b" = $c\\'}
    write_environment(tmp_path / "environment", written)
    read = read_environment(tmp_path / "environment")
    assert {name: read[name] for name in written} == written
    assert not answers(read), "nothing listens there: the file outlived its stack"
    assert read_environment(tmp_path / "absent") == {}
