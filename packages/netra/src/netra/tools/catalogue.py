"""Every tool netra's agents may call, by name."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel

from netra.analytics.budgets import budget_of, set_budget
from netra.analytics.database import Database
from netra.analytics.queries.anomalies import AnomalyQuestion, anomalies
from netra.analytics.queries.budget import BudgetBurn, BudgetQuestion, BudgetSet, SetBudgetQuestion
from netra.analytics.queries.burn import budget_burn
from netra.analytics.queries.compare import CompareQuestion
from netra.analytics.queries.comparison import compare_models
from netra.analytics.queries.continuation import forecast_cost
from netra.analytics.queries.correlate import CorrelationQuestion
from netra.analytics.queries.correlation import correlate
from netra.analytics.queries.cost import cost_breakdown
from netra.analytics.queries.drivers import DriverQuestion, change_drivers
from netra.analytics.queries.estimate import what_if
from netra.analytics.queries.forecast import ForecastQuestion
from netra.analytics.queries.grouping import Grouped
from netra.analytics.queries.latency import latency_percentiles
from netra.analytics.queries.profile import profile
from netra.analytics.queries.series import Stepped
from netra.analytics.queries.sql import SqlQuestion, sql_query
from netra.analytics.queries.tokens import token_statistics
from netra.analytics.queries.usage import usage_over_time
from netra.analytics.queries.what_if import WhatIfQuestion
from netra.analytics.scope import Scope, TenantReader
from netra.tools.registry import Tool, ToolContext, Tools

P = TypeVar("P", bound=BaseModel)

Question = Callable[[TenantReader, P], Awaitable[BaseModel]]
DatedQuestion = Callable[[TenantReader, P, datetime], Awaitable[BaseModel]]


def reader(context: ToolContext) -> TenantReader:
    """The run's tenant's rows; what is asked of them is the call's provenance."""
    return TenantReader(Database(context.clickhouse), context.tenant_id, asked=context.asked)


def _tool(name: str, description: str, parameters: type[P], question: Question[P]) -> Tool:
    """A tool that asks one question as the run's tenant; reading twice changes nothing, so it is idempotent."""

    async def run(context: ToolContext, asked: P) -> BaseModel:
        return await question(reader(context), asked)

    return Tool(name=name, description=description, parameters=parameters, idempotent=True, run=run)


def _dated(name: str, description: str, parameters: type[P], question: DatedQuestion[P]) -> Tool:
    """A tool whose answer depends on when the run's message was accepted: the same for whoever continues the run."""

    async def run(context: ToolContext, asked: P) -> BaseModel:
        return await question(reader(context), asked, context.now)

    return Tool(name=name, description=description, parameters=parameters, idempotent=True, run=run)


async def _budget_burn(context: ToolContext, asked: BudgetQuestion) -> BudgetBurn:
    budget = await budget_of(context.pool, context.tenant_id)
    return await budget_burn(reader(context), asked, budget, context.now)


async def _set_budget(context: ToolContext, asked: SetBudgetQuestion) -> BudgetSet:
    return await set_budget(context.pool, context.tenant_id, context.user_id, asked.monthly_usd)


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
        _dated(
            "compare_models",
            "What the same requests would cost on several models, used so far or not, at today's list prices, beside "
            "the latency and errors of each model's own requests.",
            CompareQuestion,
            compare_models,
        ),
        _dated(
            "what_if",
            "What a change would have saved: moving traffic to another model, prompt caching, batching, an output cap, "
            "or routing easy requests; with a range, its assumptions and the risk to quality.",
            WhatIfQuestion,
            what_if,
        ),
        _tool(
            "forecast_cost",
            "Cost in USD of each of the coming days and of all of them, with an interval, by a stated method.",
            ForecastQuestion,
            forecast_cost,
        ),
        Tool(
            name="budget_burn",
            description="How much of the month's budget is spent, how fast, and whether the rest will last.",
            parameters=BudgetQuestion,
            idempotent=True,
            run=_budget_burn,
        ),
        _tool(
            "correlate",
            "Which of requests, tokens, cost, latency and errors move together, over time or from request to request.",
            CorrelationQuestion,
            correlate,
        ),
        _tool(
            "sql_query",
            "What no other tool answers: one read-only SELECT over the tenant's requests, at most 200 rows.",
            SqlQuestion,
            sql_query,
        ),
        Tool(
            name="set_budget",
            description="Set what all workloads together may cost a calendar month; it warns and stops nothing.",
            parameters=SetBudgetQuestion,
            idempotent=True,
            effect=True,
            run=_set_budget,
        ),
    )
}
