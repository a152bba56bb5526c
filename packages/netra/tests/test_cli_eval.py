"""`netra eval` as a person types it: all that is known is answered right, and a server that is not there is said."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from netra_usage import REAL

from netra.cli.eval import chosen
from netra.evals.cases import FILES, cases

WITHIN_S = 400.0


async def run(state: Path, *arguments: str) -> tuple[int, str, str]:
    """The exit code of `netra eval`, what it printed, and what it said beside it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "netra.cli.main", "eval", *arguments),
        env={"PATH": os.environ["PATH"], "NETRA_STATE_DIR": str(state)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), WITHIN_S)
    return process.returncode or 0, out.decode(), err.decode()


@pytest.mark.slow
@pytest.mark.timeout(WITHIN_S)
async def test_every_question_is_answered_right(tmp_path: Path) -> None:
    traffic = ("--traffic", str(REAL)) if REAL.is_dir() else ()
    code, out, err = await run(tmp_path / "state", "--output", "json", *traffic)
    found: dict[str, Any] = json.loads(out.splitlines()[-1]) if out else {}
    assert [q["id"] for q in found.get("questions", []) if not q["passed"]] == [], err
    assert (code, found["numbers_right"]) == (0, found["numbers"])
    assert found["asked"] >= 60


async def test_a_server_that_is_not_there_is_said_and_nothing_is_graded(tmp_path: Path) -> None:
    code, out, err = await run(tmp_path / "state", "--url", "http://127.0.0.1:9", "--only", "weather")
    assert (code, out) == (1, "")
    assert "is it running?" in err


def test_a_choice_of_questions_brings_those_that_they_go_on_from() -> None:
    found = [case.id for case in chosen(cases(*FILES), "budget-kept")]
    assert found == ["budget-approved", "budget-refused", "budget-kept"]
    assert len(chosen(cases(*FILES), "")) == len(cases(*FILES))
