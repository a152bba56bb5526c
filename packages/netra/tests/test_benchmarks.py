"""The benchmark program, with tiny numbers: it runs without any peer, and its figures come out."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PROGRAM = Path(__file__).parents[3] / "benchmarks" / "run.py"
LIMIT_S = 280
TINY = (
    *("--clients", "1,2", "--runs", "2,4", "--sockets", "10", "--starts", "1", "--no-llm"),
    *("--subjects", "scripted,log"),
)


def test_one_command_measures_netra_and_says_how_often_and_how_fast(tmp_path: Path) -> None:
    out = tmp_path / "figures.jsonl"
    command = [sys.executable, str(PROGRAM), *TINY, "--out", str(out)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stderr
    figures: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert out.read_text() == done.stdout
    assert figures[0]["type"] == "machine"
    loads = [figure for figure in figures if figure["type"] == "load"]
    assert [(load["door"], load["clients"], load["runs"]) for load in loads] == [
        ("ws", 1, 2),
        ("ws", 2, 4),
        ("sse", 1, 2),
        ("sse", 2, 4),
    ]
    for load in loads:
        assert load["errors"] == 0
        assert load["runs_per_s"] > 0
        assert 0 < load["first_event_ms"]["p50"] <= load["first_text_ms"]["p50"] <= load["run_ms"]["p99"]
        assert load["cpu_ms_per_run"]["web"] + load["cpu_ms_per_run"]["worker"] > 0
    assert {figure["when"] for figure in figures if figure["type"] == "memory"} == {"idle", "after load"}
    assert [figure["sockets"] for figure in figures if figure["type"] == "sockets"] == [10]
    logs = [figure for figure in figures if figure["type"] == "log"]
    assert [log["events_per_append"] for log in logs] == [1, 10]
    assert all(log["events_per_s"] > 0 for log in logs)
    starts = {(figure["what"], figure["state"]): figure["median_s"] for figure in figures if figure["type"] == "start"}
    assert set(starts) == {(what, state) for what in ("embedded stack", "netra up") for state in ("cold", "warm")}
    assert starts["netra up", "warm"] > starts["embedded stack", "warm"] > 0
    assert "netra scripted" in done.stderr
