"""What the tests of the page share: one browser a test process, and workers beside the module's door."""

from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from netra_browser import chromium
from netra_runs import Script, WorkerProcess, worker
from netra_usage import Usage, opened
from playwright.async_api import Browser

from netra.settings.model import Settings


@pytest.fixture(scope="session")
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as running:
        yield running


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as database:
        yield database


@pytest.fixture(scope="module")
async def analyst(
    environ: Mapping[str, str], usage: Usage, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[WorkerProcess]:
    """`netra worker`, with the builtin analyst, and a place for usage data."""
    del usage
    async with worker(environ, tmp_path_factory.mktemp("analyst")) as running:
        yield running


@pytest.fixture(scope="module")
async def talker(environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[WorkerProcess]:
    """A worker whose runs take a while."""
    script = Script(calls=6, seconds=0.5, words=40)
    async with worker(environ, tmp_path_factory.mktemp("talker"), script) as running:
        yield running


@pytest.fixture(scope="module")
def usage_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two workloads, each hour of the ten days up to now; 480 requests."""
    file = tmp_path_factory.mktemp("files") / "usage.csv"
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=hour) for hour in range(1, 241)]
    rows = [
        f"{at.isoformat()},{workload},{model},openai,{tokens},{tokens // 10},{latency}"
        for at in hours
        for workload, model, tokens, latency in (
            ("support-chat", "gpt-4o", 1200, 900 + at.hour),
            ("search", "gpt-4o-mini", 300, 250 + at.hour),
        )
    ]
    file.write_text("\n".join(["timestamp,workload,model,provider,input_tokens,output_tokens,latency_ms", *rows]))
    return file
