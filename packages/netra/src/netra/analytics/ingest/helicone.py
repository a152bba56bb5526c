"""Helicone: requests as its export tool and its query API give them.

https://docs.helicone.ai/tools/export. The status is the provider's HTTP status; negative ones are Helicone's own, such
as a request that was cancelled.
"""

from netra.analytics.ingest.cells import Cells, between_ms, first, nested, number

TOLD_BY = (
    frozenset({"request_created_at", "response_status", "prompt_tokens"}),
    frozenset({"request_created_at", "request_id", "prompt_tokens"}),
)
FINE = range(200, 300)
NAMES = ("app", "appname", "application", "service", "workload", "environment")
"""Properties that people give the application's name, best first."""


def fields(cells: Cells) -> Cells | None:
    """The row's fields."""
    began = cells.get("request_created_at")
    cached = number(cells.get("prompt_cache_read_tokens"))
    return {
        "event_id": first(cells, "request_id", "response_id"),
        "at": began,
        "workload": _workload(cells),
        "model": first(cells, "model_override", "request_model", "response_model", "model"),
        "provider": str(first(cells, "provider") or "").lower(),
        "input_tokens": max(number(first(cells, "prompt_tokens")), cached),
        "output_tokens": first(cells, "completion_tokens") or 0,
        "cached_tokens": cached,
        "latency_ms": first(cells, "delay_ms") or between_ms(began, cells.get("response_created_at")),
        "cost_usd": first(cells, "costUSD", "cost_usd", "cost"),
        "status": _status(cells.get("response_status")),
    }


def _workload(cells: Cells) -> object:
    given = {**nested(cells.get("properties")), **nested(cells.get("request_properties"))}
    by_name = {name.lower(): value for name, value in given.items()}
    return first(by_name, *NAMES)


def _status(value: object) -> str:
    code = int(number(value))
    return "ok" if code in FINE or value in (None, "") else f"http_{code}" if code > 0 else "cancelled"
