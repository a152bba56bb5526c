"""Metrics while something is away: the scrape still comes, says what is wrong, and shows no figure of before."""

import asyncio
import math
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from netra_doors import Door, opened
from netra_relays import relayed
from prometheus_client.parser import text_string_to_metric_families

TOKEN = "metrics-token-of-this-test-0123456789"
SCRAPE_S = 10.0
"""After which Prometheus gives up by default."""


async def scraped(door: Door) -> dict[tuple[str, ...], float]:
    answer = await door.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=SCRAPE_S)
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    return {(s.name, *sorted(s.labels.values())): s.value for f in families for s in f.samples}


@pytest.mark.slow
async def test_a_scrape_comes_whatever_is_away(environ: Mapping[str, str], tmp_path: Path) -> None:
    async with (
        relayed(int(environ["POSTGRES_PORT"])) as postgres,
        relayed(int(environ["REDIS_PORT"])) as valkey,
    ):
        ports = {"POSTGRES_PORT": str(postgres.port), "REDIS_PORT": str(valkey.port)}
        async with opened({**environ, **ports, "METRICS_TOKEN": TOKEN}, tmp_path) as door:
            well = await scraped(door)
            assert (well["netra_queue_runs", "queued"], well["netra_dependency_up", "postgres"]) == (0, 1)
            await postgres.silence()
            await valkey.refuse()
            away = await scraped(door)
            assert away["netra_dependency_up", "postgres"] == away["netra_dependency_up", "valkey"] == 0
            assert away["netra_ready",] == 0
            assert math.isnan(away["netra_queue_runs", "queued"])
            assert math.isnan(away["netra_queue_oldest_seconds",])
            assert away["netra_scrape_failures_total", "postgres"] == 1
            await postgres.restore()
            await valkey.restore()
            back = away
            async with asyncio.timeout(30):
                while back["netra_queue_runs", "queued"] != 0 or back["netra_dependency_up", "valkey"] != 1:
                    back = await scraped(door)
        assert back["netra_valkey_errors_total", "subscribe"] >= 1


@pytest.mark.slow
async def test_many_may_scrape_at_once(environ: Mapping[str, str], tmp_path: Path) -> None:
    async with opened({**environ, "METRICS_TOKEN": TOKEN}, tmp_path) as door:
        requests = [door.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}) for _ in range(20)]
        answers: list[httpx.Response] = await asyncio.gather(*requests)
        assert {answer.status_code for answer in answers} == {200}
