"""Percentiles are those of Python's statistics module, whatever the values."""

import statistics
from collections import defaultdict
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from netra_usage import Usage, event, opened

from netra.analytics.queries.latency import LatencyPercentiles
from netra.analytics.queries.tokens import TokenStatistics
from netra.settings.model import Settings

START = datetime(2026, 5, 1, tzinfo=UTC)
LEAN = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])

requests = st.lists(
    st.tuples(
        st.sampled_from(["chat", "search"]),
        st.integers(0, 2**32 - 1),
        st.integers(0, 5000),
        st.none() | st.floats(0, 1e6, allow_nan=False, width=32),
        st.sampled_from(["ok", "ok", "timeout"]),
    ),
    min_size=1,
    max_size=60,
)
Request = tuple[str, int, int, float | None, str]


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


def quantile(values: list[float], percent: int) -> float:
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


@LEAN
@given(rows=requests)
async def test_latency_and_tokens_equal_the_statistics_module(usage: Usage, rows: list[Request]) -> None:
    tenant = uuid4()
    by_workload: dict[str, list[Request]] = defaultdict(list)
    for row in rows:
        by_workload[row[0]].append(row)
    await usage.put(
        tenant,
        [
            event(START + timedelta(seconds=n), workload=w, input_tokens=i, output_tokens=o, latency_ms=ms, status=s)
            for n, (w, i, o, ms, s) in enumerate(rows)
        ],
    )
    tokens = await usage.call(tenant, "token_statistics", by="workload")
    latency = await usage.call(tenant, "latency_percentiles", by="workload")
    assert isinstance(tokens, TokenStatistics)
    assert isinstance(latency, LatencyPercentiles)
    for group in tokens.groups:
        mine = by_workload[group.key]
        assert group.requests == len(mine)
        assert group.input_tokens == sum(r[1] for r in mine)
        assert group.input_median == statistics.median(r[1] for r in mine)
        assert group.output_p90 == pytest.approx(quantile([r[2] for r in mine], 90), abs=1e-6)
        assert group.input_p99 == pytest.approx(quantile([r[1] for r in mine], 99), rel=1e-9)
    for group in latency.groups:
        mine = by_workload[group.key]
        measured = [r[3] for r in mine if r[3] is not None]
        assert (group.measured, group.errors) == (len(measured), sum(r[4] != "ok" for r in mine))
        if not measured:
            assert (group.mean_ms, group.p50_ms, group.p99_ms, group.max_ms) == (None, None, None, None)
            continue
        assert group.p50_ms == pytest.approx(statistics.median(measured), abs=1e-6, rel=1e-9)
        assert group.p95_ms == pytest.approx(quantile(measured, 95), abs=1e-6, rel=1e-9)
        assert group.mean_ms == pytest.approx(statistics.fmean(measured), rel=1e-9)
        assert (group.min_ms, group.max_ms) == (min(measured), max(measured))
