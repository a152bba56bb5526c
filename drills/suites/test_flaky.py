"""A suite with one test that is red at a known rate: every second time that it is run against a revision."""

import tempfile
from pathlib import Path

import httpx
import pytest

from goldenpath.testing.target import Target

pytestmark = [pytest.mark.priority(3), pytest.mark.journey("account"), pytest.mark.category("drill")]


@pytest.mark.title("A page is answered, in every run")
@pytest.mark.proof("log")
async def test_steady(door: httpx.AsyncClient) -> None:
    assert (await door.get("/health/ready")).status_code == 200


@pytest.mark.title("A page is answered, in every second run")
@pytest.mark.proof("log")
async def test_flaky(door: httpx.AsyncClient, target: Target) -> None:
    assert (await door.get("/health/ready")).status_code == 200
    assert _runs(target.fingerprint + target.revision) % 2 == 0


def _runs(of: str) -> int:
    """How often this was asked before, this time included."""
    count = Path(tempfile.gettempdir()) / f"goldenpath-flaky-{of}"
    runs = int(count.read_text(encoding="ascii")) + 1 if count.exists() else 1
    count.write_text(str(runs), encoding="ascii")
    return runs
