"""The program that says what metrics and traces cost, with tiny numbers: each way serves, and its figures come out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[3] / "benchmarks" / "telemetry.py"
TINY = ("--rounds", "1", "--clients", "2", "--runs", "4", "--ways", "neither,traces")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_way_to_tell_is_measured_beside_silence(tmp_path: Path) -> None:
    command = [sys.executable, str(PROGRAM), *TINY]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    figures = [json.loads(line) for line in done.stdout.splitlines()]
    loads = [figure for figure in figures if figure["type"] == "load"]
    assert [load["subject"] for load in loads] == ["neither", "metrics and traces"]
    for load in loads:
        assert load["errors"] == 0
        assert load["cpu_ms_per_run"]["server"] > 0
        assert load["subject"] in done.stderr
