"""One hour of production traffic: what tools and report say must equal a count over the files."""

import statistics
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from time import monotonic
from uuid import UUID, uuid4

import pytest
from genai_prices import Usage as PricedUsage
from genai_prices import calc_price
from netra_usage import Usage, counted, opened, traffic_files

from netra.analytics.queries.cost import CostBreakdown
from netra.analytics.queries.profile import DataProfile
from netra.analytics.queries.tokens import TokenStatistics
from netra.settings.model import Settings

MODEL = "gpt-4o"


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return traffic_files(tmp_path_factory.mktemp("traffic"))


@pytest.fixture(scope="module")
async def tenant(usage: Usage, files: Mapping[str, Path]) -> UUID:
    tenant_id, begun = uuid4(), monotonic()
    for workload, path in files.items():
        summary = await usage.load(tenant_id, path, model=MODEL, workload=workload)
        assert (summary.imported, summary.rejected) == (len(counted(path)), 0)
    assert monotonic() - begun < 60, "28,185 rows take seconds"
    return tenant_id


async def test_requests_sums_and_medians_by_workload_equal_a_direct_count(
    usage: Usage, tenant: UUID, files: Mapping[str, Path]
) -> None:
    found = await usage.call(tenant, "token_statistics", by="workload")
    assert isinstance(found, TokenStatistics)
    for group in found.groups:
        rows = counted(files[group.key])
        inputs, outputs = [i for i, _ in rows], [o for _, o in rows]
        assert (group.requests, group.input_tokens, group.output_tokens) == (len(rows), sum(inputs), sum(outputs))
        assert (group.input_median, group.output_median) == (statistics.median(inputs), statistics.median(outputs))
        assert group.input_p99 == pytest.approx(statistics.quantiles(inputs, n=100, method="inclusive")[98])
        assert group.output_p90 == pytest.approx(statistics.quantiles(outputs, n=10, method="inclusive")[8])
        assert (group.input_max, group.output_max) == (max(inputs), max(outputs))
    assert {g.key for g in found.groups} == set(files)
    assert found.requests == sum(len(counted(path)) for path in files.values())


async def test_the_report_says_the_same_and_names_the_call_of_each_number(
    usage: Usage, tenant: UUID, files: Mapping[str, Path]
) -> None:
    report, findings = await usage.answer(tenant, "How many requests and tokens did each workload have?")
    by_name = {number.name: number for number in report.numbers}
    for workload, path in files.items():
        rows = counted(path)
        expected = {
            f"requests[{workload}]": len(rows),
            f"input_tokens[{workload}]": sum(i for i, _ in rows),
            f"output_tokens[{workload}]": sum(o for _, o in rows),
            f"input_median[{workload}]": statistics.median(i for i, _ in rows),
            f"output_median[{workload}]": statistics.median(o for _, o in rows),
        }
        line = next(line for line in report.text.splitlines() if f"`{workload}`" in line)
        for name, value in expected.items():
            assert by_name[name].value == value
            assert f" {by_name[name].text} " in line
            assert by_name[name].call_id in {f.call_id for f in findings if f.tool == "token_statistics"}
        assert f" {len(rows):,} " in line


async def test_the_cost_is_that_of_the_price_catalogue(usage: Usage, tenant: UUID, files: Mapping[str, Path]) -> None:
    found = await usage.call(tenant, "cost_breakdown", by="workload")
    profile = await usage.call(tenant, "data_profile")
    assert isinstance(found, CostBreakdown)
    assert isinstance(profile, DataProfile)
    for group in found.groups:
        inputs, outputs = zip(*counted(files[group.key]), strict=True)
        whole = PricedUsage(input_tokens=sum(inputs), output_tokens=sum(outputs))
        price = calc_price(whole, MODEL, genai_request_timestamp=profile.first_at).total_price
        assert group.cost_usd == price, "gpt-4o has one price for all lengths, so the sum is the price of the sums"
    assert found.unpriced == 0
    assert sum(g.cost_usd or 0 for g in found.groups) == found.cost_usd


async def test_importing_the_files_again_adds_nothing(usage: Usage, tenant: UUID, files: Mapping[str, Path]) -> None:
    before = await usage.call(tenant, "data_profile")
    for workload, path in files.items():
        again = await usage.load(tenant, path, model=MODEL, workload=workload)
        assert (again.imported, again.already_there) == (0, len(counted(path)))
    assert await usage.call(tenant, "data_profile") == before


async def test_latency_is_said_to_be_unknown_rather_than_nothing(usage: Usage, tenant: UUID) -> None:
    report, _ = await usage.answer(tenant, "How slow is each workload?")
    assert "Latency: unknown" in report.text
    assert report.sufficiency_pct == 0
    assert "have no latency" in report.text
