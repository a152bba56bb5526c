"""LiteLLM: rows of its spend logs (table, `/spend/logs`, CSV) and its standard logging payload (buckets, callbacks).

https://docs.litellm.ai/docs/proxy/logging_spec and the proxy's LiteLLM_SpendLogs table. `prompt_tokens` holds the
cached ones too. A spend of 0 stands for a model without a price as well as for an answer from its own cache.
"""

from netra.analytics.ingest.cells import Cells, between_ms, first, nested, number

TOLD_BY = (
    frozenset({"request_id", "startTime", "spend", "prompt_tokens", "completion_tokens"}),
    frozenset({"startTime", "response_cost", "prompt_tokens", "completion_tokens"}),
)


def fields(cells: Cells) -> Cells | None:
    """The row's fields."""
    metadata = nested(cells.get("metadata"))
    began, ended = cells.get("startTime"), cells.get("endTime")
    return {
        "event_id": first(cells, "request_id", "id"),
        "at": began,
        "workload": first(metadata, "user_api_key_team_alias", "user_api_key_alias") or cells.get("team_id"),
        "model": first(cells, "model", "model_group"),
        "provider": first(cells, "custom_llm_provider"),
        "input_tokens": first(cells, "prompt_tokens") or 0,
        "output_tokens": first(cells, "completion_tokens") or 0,
        "cached_tokens": _cached(metadata),
        "latency_ms": between_ms(began, ended),
        "cost_usd": _cost(cells),
        "status": _status(cells, metadata),
    }


def _cached(metadata: Cells) -> int:
    """Where the proxy keeps what the provider said about its cache."""
    for name in ("usage_object", "additional_usage_values"):
        usage = nested(metadata.get(name))
        details = nested(usage.get("prompt_tokens_details"))
        if found := number(first(details, "cached_tokens") or first(usage, "cache_read_input_tokens")):
            return int(found)
    return 0


def _cost(cells: Cells) -> object:
    stated = first(cells, "spend", "response_cost")
    from_cache = str(cells.get("cache_hit")).lower() == "true"
    return stated if number(stated) or from_cache else None


def _status(cells: Cells, metadata: Cells) -> object:
    status = first(cells, "status") or first(metadata, "status") or "success"
    error = nested(first(metadata, "error_information") or cells.get("error_information"))
    return status if status == "success" else first(error, "error_class", "error_code") or status
