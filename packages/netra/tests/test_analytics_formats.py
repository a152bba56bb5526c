"""Exports of other tools are read without a map: every call with its own numbers, and nothing that is no call."""

import csv
import json
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netra_usage import Usage, opened

from netra.analytics.events import UsageEvent
from netra.analytics.ingest.formats import FORMATS, chosen, detected
from netra.analytics.ingest.importer import FIELDS, ImportRequest, import_file
from netra.analytics.ingest.packed import UsageFile
from netra.analytics.ingest.parse import Reading, parse
from netra.analytics.ingest.sources import open_source
from netra.analytics.pricing import PriceCatalogue
from netra.errors import InvalidError
from netra.settings.model import Settings

AT = datetime(2026, 11, 2, 9, 30, 0, 250_000, tzinfo=UTC)
SPEND_LOG: dict[str, Any] = {
    "request_id": "chatcmpl-1",
    "call_type": "acompletion",
    "api_key": "88dc28d0f030c55e",
    "spend": 0.0021,
    "total_tokens": 1010,
    "prompt_tokens": 1000,
    "completion_tokens": 10,
    "startTime": "2026-11-02T09:30:00.250Z",
    "endTime": "2026-11-02T09:30:01.750Z",
    "model": "gpt-4o",
    "custom_llm_provider": "openai",
    "cache_hit": "False",
    "metadata": {
        "user_api_key_team_alias": "support",
        "usage_object": {"prompt_tokens_details": {"cached_tokens": 400}},
    },
    "status": "success",
}
PAYLOAD: dict[str, Any] = {
    "id": "chatcmpl-1",
    "call_type": "acompletion",
    "response_cost": 0.0021,
    "status": "success",
    "prompt_tokens": 1000,
    "completion_tokens": 10,
    "startTime": AT.timestamp(),
    "endTime": AT.timestamp() + 1.5,
    "model": "gpt-4o",
    "custom_llm_provider": "openai",
    "metadata": SPEND_LOG["metadata"],
    "error_str": None,
}
OBSERVATION: dict[str, Any] = {
    "id": "obs-1",
    "trace_id": "trace-1",
    "type": "GENERATION",
    "trace_name": "support",
    "start_time": "2026-11-02 09:30:00.250000",
    "end_time": "2026-11-02 09:30:01.750000",
    "provided_model_name": "gpt-4o",
    "usage_details": {"input": 600, "input_cached_tokens": 400, "output": 10, "total": 1010},
    "cost_details": {"input": 0.002, "output": 0.0001, "total": 0.0021},
    "total_cost": 0.0021,
    "latency": 1.5,
    "level": "DEFAULT",
}
VIEW: dict[str, Any] = {
    "id": "obs-1",
    "traceId": "trace-1",
    "type": "GENERATION",
    "traceName": "support",
    "startTime": "2026-11-02T09:30:00.250Z",
    "endTime": "2026-11-02T09:30:01.750Z",
    "model": "gpt-4o",
    "usageDetails": OBSERVATION["usage_details"],
    "calculatedTotalCost": 0.0021,
    "level": "DEFAULT",
}
REQUEST: dict[str, Any] = {
    "response_id": "r-1",
    "response_created_at": "2026-11-02T09:30:01.750Z",
    "response_status": 200,
    "request_id": "q-1",
    "request_created_at": "2026-11-02T09:30:00.250Z",
    "request_properties": {"App": "support"},
    "request_model": "gpt-4o",
    "provider": "OPENAI",
    "delay_ms": 1500,
    "prompt_tokens": 1000,
    "prompt_cache_read_tokens": 400,
    "completion_tokens": 10,
    "costUSD": 0.0021,
}
SAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "LiteLLM's spend log": ("litellm", SPEND_LOG),
    "LiteLLM's payload": ("litellm", PAYLOAD),
    "Langfuse's blob": ("langfuse", OBSERVATION),
    "Langfuse's view": ("langfuse", VIEW),
    "Helicone's request": ("helicone", REQUEST),
}


def read(name: str, row: Mapping[str, object]) -> tuple[UsageEvent, str]:
    fields = FORMATS[name].fields(row)
    assert fields is not None
    reading = Reading(columns=FIELDS, workload="file", model="")
    parsed = parse({FIELDS[field]: value for field, value in fields.items()}, reading, PriceCatalogue())
    assert not isinstance(parsed, str), parsed
    return parsed.event, parsed.event_id


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("as_csv", [False, True], ids=["json", "csv"])
def test_every_export_of_one_call_is_that_call(sample: str, *, as_csv: bool) -> None:
    name, row = SAMPLES[sample]
    known = detected(tuple(row))
    assert known is not None
    assert known.name == name
    if as_csv:
        row = {key: json.dumps(v) if isinstance(v, dict) else "" if v is None else str(v) for key, v in row.items()}
    event, event_id = read(name, row)
    told = (event.workload, event.model, event.provider, event.status, event.at)
    assert told == ("support", "gpt-4o", "openai", "ok", AT)
    assert (event.input_tokens, event.output_tokens, event.cached_tokens) == (1000, 10, 400)
    assert event.latency_ms == pytest.approx(1500)
    assert event.cost_usd == Decimal("0.0021")
    assert event_id


@pytest.mark.parametrize(
    ("sample", "change", "status"),
    [
        (SPEND_LOG, {"status": "failure"}, "failure"),
        (SPEND_LOG, {"status": "failure", "metadata": {"error_information": {"error_class": "Timeout"}}}, "Timeout"),
        (OBSERVATION, {"level": "ERROR"}, "error"),
        (REQUEST, {"response_status": 429}, "http_429"),
        (REQUEST, {"response_status": -3}, "cancelled"),
    ],
)
def test_a_call_that_failed_says_so(sample: dict[str, Any], change: dict[str, Any], status: str) -> None:
    known = detected(tuple(sample))
    assert known is not None
    assert read(known.name, {**sample, **change})[0].status == status


def test_what_is_no_call_is_left_out() -> None:
    for kind in ("SPAN", "EVENT", "TOOL", "AGENT"):
        assert FORMATS["langfuse"].fields({**OBSERVATION, "type": kind}) is None
    assert FORMATS["langfuse"].fields({**OBSERVATION, "type": "EMBEDDING"})


def test_a_cost_of_nothing_is_only_believed_where_it_means_nothing() -> None:
    free = {**SPEND_LOG, "model": "my-own", "custom_llm_provider": "", "spend": 0.0}
    assert read("litellm", free)[0].cost_usd is None, "LiteLLM writes 0 where it has no price"
    assert read("litellm", {**free, "cache_hit": "True"})[0].cost_usd == 0
    unknown: dict[str, Any] = {**OBSERVATION, "provided_model_name": "my-own", "cost_details": {}, "total_cost": None}
    assert read("langfuse", unknown)[0].cost_usd is None


def test_a_format_is_taken_as_asked_and_never_beside_a_map() -> None:
    columns = ("at", "input_tokens", "output_tokens")
    assert chosen("auto", columns, {}) is None
    assert chosen("auto", tuple(SPEND_LOG), {"at": "startTime"}) is None
    assert chosen("columns", tuple(SPEND_LOG), {}) is None
    assert chosen("helicone", columns, {}) is FORMATS["helicone"]
    with pytest.raises(InvalidError, match="has its own map"):
        chosen("litellm", columns, {"at": "when"})


cells = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("{") | st.just("[1]")


@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_whatever_a_cell_holds_the_row_is_an_event_or_a_reason(sample: str, data: st.DataObject) -> None:
    name, row = SAMPLES[sample]
    changed = {**row, **{data.draw(st.sampled_from(sorted(row))): data.draw(cells) for _ in range(3)}}
    fields = FORMATS[name].fields(changed)
    if fields is not None:
        reading = Reading(columns=FIELDS, workload="file", model="")
        values = {FIELDS[field]: value for field, value in fields.items()}
        outcome = parse(values, reading, PriceCatalogue())
        assert outcome


def test_a_json_file_is_a_list_or_says_what_it_is_not(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    for text in (json.dumps([VIEW, 5]), json.dumps({"data": [VIEW, 5], "meta": {}})):
        path.write_text(text)
        source = open_source(UsageFile(path))
        assert detected(source.columns) is FORMATS["langfuse"]
        assert [type(row).__name__ for row in source.rows()] == ["Row", "Reject"]
        assert source.done() == 1
        source.close()
    for text, why in (("{}", "holds no list"), ("[1", "is not JSON"), ('{"data": 1}', "holds no list")):
        path.write_text(text)
        with pytest.raises(InvalidError, match=why):
            open_source(UsageFile(path))


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


async def test_an_export_that_comes_again_with_more_adds_only_that(usage: Usage, tmp_path: Path) -> None:
    tenant, path = uuid4(), tmp_path / "observations.jsonl"
    rows = [{**OBSERVATION, "id": f"obs-{number}"} for number in range(5)]
    lines = [*rows, {**OBSERVATION, "id": "span", "type": "SPAN"}, rows[0], {**OBSERVATION, "start_time": "?"}]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    request = ImportRequest(tenant_id=tenant, path=path, columns={})
    first = await import_file(usage.database, request)
    told = (first.format, first.rows, first.imported, first.already_there, first.rejected, first.skipped)
    assert told == ("langfuse", 8, 5, 1, 1, 1)
    assert first.rejects[0].reason.startswith("at: '?'")
    late = tmp_path / "late.csv"
    with late.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(OBSERVATION))
        writer.writeheader()
        for number in range(3, 7):
            usage_details = json.dumps(OBSERVATION["usage_details"])
            writer.writerow({**OBSERVATION, "id": f"obs-{number}", "usage_details": usage_details, "latency": ""})
    second = await import_file(usage.database, ImportRequest(tenant_id=tenant, path=late, columns={}))
    assert (second.imported, second.already_there) == (2, 2), "the same observations, out of another kind of file"
