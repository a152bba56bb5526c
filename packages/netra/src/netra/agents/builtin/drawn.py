"""The views of tool results: one function for each kind of result."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from pydantic import JsonValue

from netra.agents.builtin import views
from netra.agents.builtin.periods import moment
from netra.agents.builtin.views import View
from netra.agents.findings import Finding
from netra.analytics.queries.anomalies import Anomalies
from netra.analytics.queries.budget import BudgetBurn
from netra.analytics.queries.compare import ModelComparison
from netra.analytics.queries.correlate import Correlations
from netra.analytics.queries.cost import CostBreakdown
from netra.analytics.queries.drivers import ChangeDrivers
from netra.analytics.queries.forecast import Forecast
from netra.analytics.queries.latency import LatencyPercentiles
from netra.analytics.queries.sql import SqlResult
from netra.analytics.queries.tokens import TokenStatistics
from netra.analytics.queries.usage import UsageOverTime
from netra.analytics.queries.what_if import WhatIf

UNITS = {"cost": "USD", "requests": "requests", "tokens": "tokens", "latency": "ms", "errors": "requests"}
MOST_VIEWS = 12


def drawn(findings: Iterable[Finding]) -> tuple[View, ...]:
    """Everything of these results that can be drawn, in their order."""
    made = [view for f in findings if f.status == "ok" and f.tool in DRAW for view in DRAW[f.tool](f)]
    return tuple(made[:MOST_VIEWS])


def _cost(finding: Finding) -> list[View]:
    found, call_id = CostBreakdown.model_validate(finding.result), finding.call_id
    groups = [(g.key, _number(g.cost_usd)) for g in found.groups]
    columns = [(found.by, ""), ("cost", "USD"), ("share", "%"), ("requests", "requests"), ("unpriced", "requests")]
    rows = [(g.key, _number(g.cost_usd), g.share_pct, g.requests, g.unpriced) for g in found.groups]
    title = f"Cost by {found.by}"
    return [*_by(found.by, title, "USD", call_id, groups), *views.table(title, call_id, columns, rows)]


def _latency(finding: Finding) -> list[View]:
    found, call_id = LatencyPercentiles.model_validate(finding.result), finding.call_id
    titled = f"Latency by {found.by}"
    columns = [(found.by, ""), *((p, "ms") for p in ("p50", "p90", "p95", "p99", "mean", "max"))]
    columns += [("measured", "requests"), ("errors", "requests")]
    rows = [
        (g.key, g.p50_ms, g.p90_ms, g.p95_ms, g.p99_ms, g.mean_ms, g.max_ms, g.measured, g.errors) for g in found.groups
    ]
    p95 = [(g.key, g.p95_ms) for g in found.groups]
    return [
        *_by(found.by, f"p95 latency by {found.by}", "ms", call_id, p95),
        *views.table(titled, call_id, columns, rows),
    ]


def _tokens(finding: Finding) -> list[View]:
    found, call_id = TokenStatistics.model_validate(finding.result), finding.call_id
    columns = [(found.by, ""), ("requests", "requests")]
    columns += [(f"{side} {what}", "tokens") for side in ("input", "output") for what in ("sum", "median", "p99")]
    rows = [
        (
            *(g.key, g.requests, g.input_tokens, g.input_median, g.input_p99),
            *(g.output_tokens, g.output_median, g.output_p99),
        )
        for g in found.groups
    ]
    sums = [(g.key, g.input_tokens + g.output_tokens) for g in found.groups]
    return [
        *_by(found.by, f"Tokens by {found.by}", "tokens", call_id, sums),
        *views.table(f"Requests and tokens by {found.by}", call_id, columns, rows),
    ]


def _usage(finding: Finding) -> list[View]:
    found, call_id = UsageOverTime.model_validate(finding.result), finding.call_id
    requests = [(b.at, b.requests) for b in found.buckets]
    cost = [(b.at, _number(b.cost_usd)) for b in found.buckets]
    return [
        *views.series(f"Requests by {found.step}", "requests", call_id, requests),
        *views.series(f"Cost by {found.step}", "USD", call_id, cost),
    ]


def _change(finding: Finding) -> list[View]:
    found, call_id = ChangeDrivers.model_validate(finding.result), finding.call_id
    unit = UNITS[found.metric]
    columns = [("workload", ""), ("model", ""), ("before", unit), ("after", unit), ("contribution", unit)]
    rows = [(d.workload, d.model, d.before, d.after, d.contribution.total) for d in found.drivers]
    contributions = [(f"{d.workload} on {d.model}", d.contribution.total) for d in found.drivers]
    title = f"What drove the change of {found.metric}"
    return [*views.bars(title, unit, call_id, contributions), *views.table(title, call_id, columns, rows)]


def _anomalies(finding: Finding) -> list[View]:
    found, call_id = Anomalies.model_validate(finding.result), finding.call_id
    columns = [("from", ""), (found.metric, UNITS[found.metric]), ("z", "deviations"), ("direction", "")]
    rows = [(moment(a.at), a.value, a.z, a.direction) for a in found.found]
    return [*views.table(f"Anomalies in {found.metric} by {found.step}", call_id, columns, rows)]


def _forecast(finding: Finding) -> list[View]:
    found, call_id = Forecast.model_validate(finding.result), finding.call_id
    known = [(day.at, _number(day.usd)) for day in found.history]
    coming = [(day.at, _number(day.usd)) for day in found.points]
    band = tuple((views.at(p.at), float(p.low_usd), float(p.high_usd)) for p in found.points)
    made = views.series("Cost a day, known and forecast", "USD", call_id, [*known, *coming])
    return [line.model_copy(update={"band": band}) for line in made] if found.points else []


def _budget(finding: Finding) -> list[View]:
    found, call_id = BudgetBurn.model_validate(finding.result), finding.call_id
    spent = [(at, _number(usd)) for at, usd in found.spent_by_day]
    return [*views.series(f"Spent so far in {found.month}", "USD", call_id, spent)]


def _compared(finding: Finding) -> list[View]:
    found, call_id = ModelComparison.model_validate(finding.result), finding.call_id
    columns = [("model", ""), ("cost of the same requests", "USD"), ("change", "%")]
    columns += [
        ("input price", "USD a million"),
        ("output price", "USD a million"),
        ("p95 latency", "ms"),
        ("errors", "%"),
    ]
    rows = [
        (
            *(m.model, _number(m.cost_usd), m.change_pct),
            *(_number(m.input_usd_per_mtok), _number(m.output_usd_per_mtok)),
            *((m.observed.p95_ms, m.observed.error_pct) if m.observed else (None, None)),
        )
        for m in found.models
    ]
    costs = [(m.model, _number(m.cost_usd)) for m in found.models]
    title = "The same requests on each model"
    return [*views.bars(title, "USD", call_id, costs), *views.table(title, call_id, columns, rows)]


def _what_if(finding: Finding) -> list[View]:
    found, call_id = WhatIf.model_validate(finding.result), finding.call_id
    columns = [("workload", ""), ("model", ""), ("requests", "requests"), ("cost", "USD"), ("saving", "USD")]
    rows = [
        (line.workload, line.model, line.requests, float(line.cost_usd), float(line.saving_usd)) for line in found.lines
    ]
    return [*views.table(f"Where {found.kind.replace('_', ' ')} saves", call_id, columns, rows)]


def _correlated(finding: Finding) -> list[View]:
    found, call_id = Correlations.model_validate(finding.result), finding.call_id
    columns = [("pair", ""), ("pearson", "r"), ("low", "r"), ("high", "r"), ("spearman", "r"), ("n", found.level)]
    rows = [(f"{p.x} and {p.y}", p.pearson, p.low, p.high, p.spearman, p.n) for p in found.pairs]
    return [*views.table("What moves together", call_id, columns, rows)]


def _sql(finding: Finding) -> list[View]:
    found = SqlResult.model_validate(finding.result)
    columns = [(column.name, "") for column in found.columns]
    rows = [tuple(_shown(value) for value in row) for row in found.rows]
    return [*views.table("Result", finding.call_id, columns, rows)]


def _by(by: str, title: str, unit: str, call_id: str, groups: Iterable[tuple[str, float | None]]) -> list[View]:
    """Days make a series, all else bars."""
    if by == "day":
        return [*views.series(title, unit, call_id, [(_day(key), value) for key, value in groups])]
    return [*views.bars(title, unit, call_id, groups)]


def _day(key: str) -> datetime:
    return datetime.fromisoformat(key).replace(tzinfo=UTC)


def _number(value: Decimal | float | None) -> float | None:
    return None if value is None else float(value)


def _shown(value: JsonValue) -> views.Cell:
    return value if value is None or isinstance(value, str | int | float) else str(value)


DRAW: Mapping[str, Callable[[Finding], list[View]]] = {
    "cost_breakdown": _cost,
    "latency_percentiles": _latency,
    "token_statistics": _tokens,
    "usage_over_time": _usage,
    "change_drivers": _change,
    "anomalies": _anomalies,
    "forecast_cost": _forecast,
    "budget_burn": _budget,
    "compare_models": _compared,
    "what_if": _what_if,
    "correlate": _correlated,
    "sql_query": _sql,
}
