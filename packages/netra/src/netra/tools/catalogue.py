"""Every tool netra's agents may call, by name."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel

from netra.analytics.database import Database
from netra.analytics.queries.anomalies import AnomalyQuestion, anomalies
from netra.analytics.queries.cost import cost_breakdown
from netra.analytics.queries.drivers import DriverQuestion, change_drivers
from netra.analytics.queries.grouping import Grouped
from netra.analytics.queries.latency import latency_percentiles
from netra.analytics.queries.profile import profile
from netra.analytics.queries.series import Stepped
from netra.analytics.queries.tokens import token_statistics
from netra.analytics.queries.usage import usage_over_time
from netra.analytics.scope import Scope, TenantReader
from netra.tools.registry import Tool, ToolContext, Tools

P = TypeVar("P", bound=BaseModel)

Question = Callable[[TenantReader, P], Awaitable[BaseModel]]


def reader(context: ToolContext) -> TenantReader:
    """The run's tenant's rows; what is asked of them is the call's provenance."""
    return TenantReader(Database(context.clickhouse), context.tenant_id, asked=context.asked)


def _tool(name: str, description: str, parameters: type[P], question: Question[P]) -> Tool:
    """A tool that asks one question as the run's tenant; reading twice changes nothing, so it is idempotent."""

    async def run(context: ToolContext, asked: P) -> BaseModel:
        return await question(reader(context), asked)

    return Tool(name=name, description=description, parameters=parameters, idempotent=True, run=run)


TOOLS: Tools = {
    tool.name: tool
    for tool in (
        _tool(
            "data_profile",
            "What usage data there is: requests, first and last moment, workloads, models, and how complete it is.",
            Scope,
            profile,
        ),
        _tool(
            "cost_breakdown",
            "Cost in USD by model, workload, provider or day; requests without a known price are counted apart.",
            Grouped,
            cost_breakdown,
        ),
        _tool(
            "latency_percentiles",
            "Latency in ms (mean, p50, p90, p95, p99, extremes) and errors by model, workload, provider or day.",
            Grouped,
            latency_percentiles,
        ),
        _tool(
            "token_statistics",
            "Requests, token sums and token percentiles by workload, model, provider or day.",
            Grouped,
            token_statistics,
        ),
        _tool(
            "usage_over_time",
            "Requests, tokens, cost, errors and median latency in each minute, hour or day, with peak and trend.",
            Stepped,
            usage_over_time,
        ),
        _tool(
            "change_drivers",
            "What drove the change of cost, requests, tokens or latency between two periods, by workload and model.",
            DriverQuestion,
            change_drivers,
        ),
        _tool(
            "anomalies",
            "Minutes, hours or days whose cost, requests, tokens, latency or errors stand out from the others.",
            AnomalyQuestion,
            anomalies,
        ),
    )
}
