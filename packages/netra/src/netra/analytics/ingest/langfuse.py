"""Langfuse: observations as its blob storage, its public API and its tables export them.

https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields and its API reference. Usage is a
map by kind of token: the cached ones stand beside `input`, so the input is the sum of all its kinds. Observations that
are no calls of a model (spans, events, tools) are skipped.
"""

from netra.analytics.ingest.cells import Cells, between_ms, first, nested, number

TOLD_BY = (
    frozenset({"trace_id", "type", "start_time", "usage_details"}),
    frozenset({"traceId", "type", "startTime", "usageDetails"}),
    frozenset({"traceId", "startTime", "type", "totalCost"}),
    frozenset({"trace_id", "start_time", "type", "total_cost"}),
)
CALLS = frozenset({"GENERATION", "EMBEDDING"})
CACHED = ("cache_read", "cached")
"""What the name of a kind of input says when the provider had kept it."""


def fields(cells: Cells) -> Cells | None:
    """The row's fields; None when it is no call."""
    if str(first(cells, "type") or "GENERATION").upper() not in CALLS:
        return None
    began, ended = first(cells, "start_time", "startTime"), first(cells, "end_time", "endTime")
    usage = nested(first(cells, "usage_details", "usageDetails", "usage"))
    return {
        "event_id": first(cells, "id"),
        "at": began,
        "workload": first(cells, "trace_name", "traceName", "name"),
        "model": first(cells, "provided_model_name", "providedModelName", "model"),
        "input_tokens": _sum(usage, "input") or first(cells, "inputUsage", "promptTokens", "inputTokens") or 0,
        "output_tokens": _sum(usage, "output") or first(cells, "outputUsage", "completionTokens", "outputTokens") or 0,
        "cached_tokens": sum(_sum({name: usage[name]}, "input") for name in usage if any(c in name for c in CACHED)),
        "latency_ms": _latency(between_ms(began, ended), cells.get("latency")),
        "cost_usd": _cost(cells),
        "status": "error" if cells.get("level") == "ERROR" else "ok",
    }


def _sum(usage: Cells, side: str) -> int:
    """All kinds of tokens of one side."""
    return int(sum(number(amount) for kind, amount in usage.items() if side in kind.lower()))


def _latency(measured: float | None, seconds: object) -> float | None:
    return measured if measured is not None or seconds in (None, "") else number(seconds) * 1000


def _cost(cells: Cells) -> object:
    """As Langfuse has it; 0 without any cost stated is none."""
    details = nested(first(cells, "cost_details", "costDetails"))
    stated = first(cells, "total_cost", "totalCost", "calculatedTotalCost") or details.get("total")
    return stated if number(stated) or details else None
