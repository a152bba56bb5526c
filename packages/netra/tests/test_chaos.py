"""The stress program, with some cuts of every kind: nothing is lost, doubled, reordered, repeated or stuck."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
PROGRAM = Path(__file__).parents[3] / "benchmarks" / "chaos.py"
LIMIT_S = 380
DEFECTS = ("lost", "duplicated", "reordered", "stuck", "unlawful", "unlike_rows", "repeated", "wrong", "overlapping")
KINDS = {
    *("worker killed", "worker frozen", "worker ended", "web killed", "web ended"),
    *("valkey killed", "clickhouse killed", "postgres killed"),
}


def test_nothing_is_lost_whatever_is_cut() -> None:
    command = [sys.executable, str(PROGRAM), "--rounds", "1", "--cuts", "60", "--clients", "8"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.stdout, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert {name: result[name] for name in DEFECTS} == dict.fromkeys(DEFECTS, 0), result["broken"]
    assert result["faults"] == {}
    assert result["take_over_s"]["over_10_s"] == 0
    assert result["cuts"].keys() >= KINDS
    assert result["cuts"]["all"] >= 60
    assert result["runs"] >= 8
    assert result["passed"]
    assert done.returncode == 0
