"""An instrumented application points its exporter at netra, and its model calls are usage events: each once."""

import gzip
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from netra_doors import Door, Person, until
from netra_runs import Script, eventually, worker
from netra_usage import Usage, event, opened
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status, StatusCode

from netra.analytics import traced
from netra.embedded.ports import free_port
from netra.errors import DependencyError
from netra.runs.inbox import Inbox
from netra.runs.warehouse import Warehouse
from netra.settings.contract import load
from netra.settings.timeouts import Timeouts
from netra.stores.database import Pool

STORED = (
    "select workload, model, provider, input_tokens, output_tokens, cached_tokens, status, toFloat64(cost_usd) as cost"
    " from workload_events where tenant_id = {tenant:UUID} order by status"
)


@pytest.fixture(scope="module")
async def usage(environ: Mapping[str, str]) -> AsyncGenerator[Usage]:
    async with opened(load(environ)) as usage:
        yield usage


@pytest.fixture(scope="module")
async def inbox(environ: Mapping[str, str], database: Pool) -> AsyncGenerator[Inbox]:
    warehouse = Warehouse(load(environ).clickhouse, Timeouts())
    yield Inbox(database, warehouse)
    await warehouse.aclose()


class Kept(SpanExporter):
    """Keeps spans, so that a test can send them again."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Any) -> SpanExportResult:
        self.spans += spans
        return SpanExportResult.SUCCESS


def application(calls: int) -> list[ReadableSpan]:
    """What an instrumented application would export: one agent, and under it so many calls, the last of which fails."""
    kept = Kept()
    provider = TracerProvider(resource=Resource({"service.name": "support-bot"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("app")
    with tracer.start_as_current_span("invoke_agent", attributes={"gen_ai.operation.name": "invoke_agent"}):
        for number in range(calls):
            asked = {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-4o",
                "gen_ai.usage.input_tokens": 1000,
                "gen_ai.usage.output_tokens": 10,
                "gen_ai.usage.cache_read.input_tokens": 400,
                "gen_ai.request.stop_sequences": ["a", "b"],
            }
            with tracer.start_as_current_span("chat gpt-4o", attributes=asked) as span:
                if number == calls - 1:
                    span.set_attribute("error.type", "timeout")
                    span.set_status(Status(StatusCode.ERROR))
    return kept.spans


async def tenant_of(door: Door, person: Person) -> UUID:
    return UUID((await door.http.get("/api/auth/me", headers=person.headers)).json()["tenant_id"])


async def key_of(door: Door, person: Person, *scopes: str) -> dict[str, str]:
    wish = {"name": "app", "scopes": list(scopes)}
    made = (await door.http.post("/api/auth/keys", headers=person.headers, json=wish)).json()
    return {"Authorization": f"Bearer {made['key']}"}


async def stored(usage: Usage, tenant: UUID) -> list[dict[str, Any]]:
    return await usage.database.rows(STORED, {"tenant": str(tenant)})


async def test_the_sdks_own_exporter_brings_calls_and_each_is_there_once(
    door: Door, usage: Usage, inbox: Inbox
) -> None:
    person = await door.person()
    tenant, key = await tenant_of(door, person), await key_of(door, person, "data:write")
    spans = application(calls=5)
    exporter = OTLPSpanExporter(f"{door.address}/v1/traces", headers=key, compression=Compression.Gzip)
    assert exporter.export(spans) is SpanExportResult.SUCCESS
    assert exporter.export(spans[:3]) is SpanExportResult.SUCCESS, "before the first were delivered"
    assert await inbox.deliver() == 5
    assert exporter.export(spans) is SpanExportResult.SUCCESS, "and after it"
    exporter.shutdown()
    await inbox.deliver()
    call = {
        "workload": "support-bot",
        "model": "gpt-4o",
        "provider": "openai",
        "input_tokens": 1000,
        "output_tokens": 10,
        "cached_tokens": 400,
        "status": "ok",
        "cost": 0.0021,
    }
    assert await stored(usage, tenant) == [call] * 4 + [{**call, "status": "timeout"}]
    counted = await usage.database.rows(
        "select sum(requests) as n from workload_hours where tenant_id = {tenant:UUID}", {"tenant": str(tenant)}
    )
    assert counted == [{"n": 5}]


async def test_json_with_one_bad_span_takes_the_others_and_says_so(door: Door, usage: Usage, inbox: Inbox) -> None:
    person = await door.person()
    attributes = [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}]
    good = {"traceId": uuid4().hex, "spanId": "0b" * 8, "startTimeUnixNano": "1795000000000000000"}
    good |= {"endTimeUnixNano": "1795000001000000000", "attributes": attributes}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [good, {**good, "spanId": ""}]}]}]}
    answer = await door.http.post("/v1/traces", headers=person.headers, json=body)
    assert answer.status_code == 200, answer.text
    told = answer.json()["partialSuccess"]
    assert (told["rejectedSpans"], "span id" in told["errorMessage"]) == (1, True)
    await inbox.deliver()
    assert [row["workload"] for row in await stored(usage, await tenant_of(door, person))] == ["unknown"]
    await door.http.post("/v1/traces", headers=person.headers, json={})


async def test_what_cannot_be_read_is_refused_by_kind(door: Door) -> None:
    person = await door.person()
    protobuf = {**person.headers, "Content-Type": "application/x-protobuf"}
    zipped = {**protobuf, "Content-Encoding": "gzip"}

    async def status(content: bytes, headers: Mapping[str, str]) -> int:
        return (await door.http.post("/v1/traces", content=content, headers=dict(headers))).status_code

    assert await status(b"\xff\xff", protobuf) == 422
    assert await status(b"no gzip", zipped) == 422
    assert await status(gzip.compress(b"x" * 100)[:-8], zipped) == 422
    assert await status(gzip.compress(b"\x00" * 70_000_000), zipped) == 413
    assert await status(b"x", {**protobuf, "Content-Encoding": "br"}) == 415
    assert await status(b"x", {**person.headers, "Content-Type": "text/plain"}) == 415
    assert await status(b"", {"Content-Type": "application/x-protobuf"}) == 401
    reader = {**await key_of(door, person, "runs:read", "runs:write"), "Content-Type": "application/x-protobuf"}
    assert await status(b"", reader) == 403
    answer = await door.http.post("/v1/traces", content=b"", headers=protobuf)
    assert ExportTraceServiceResponse.FromString(answer.content) == ExportTraceServiceResponse()
    assert answer.headers["content-type"] == "application/x-protobuf"


async def test_a_key_that_only_brings_data_reads_nothing(door: Door) -> None:
    key = await key_of(door, await door.person(), "data:write")
    assert (await door.http.get("/api/threads", headers=key)).status_code == 403


async def test_what_waits_for_clickhouse_is_bounded_by_tenant(door: Door, database: Pool, inbox: Inbox) -> None:
    full, other = [await tenant_of(door, await door.person()) for _ in range(2)]
    calls = [(uuid4(), event(datetime(2026, 11, 1, tzinfo=UTC))) for _ in range(3)]
    await traced.keep(database, full, calls, most=3)
    with pytest.raises(DependencyError, match="3 calls wait"):
        await traced.keep(database, full, calls[:1], most=3)
    await traced.keep(database, other, calls, most=3)
    assert await inbox.deliver() == 6
    await traced.keep(database, full, calls[:1], most=3)


@pytest.mark.slow
async def test_a_worker_delivers_what_came_while_clickhouse_was_away(
    environ: Mapping[str, str], door: Door, usage: Usage, tmp_path: Path
) -> None:
    person = await door.person()
    tenant, key = await tenant_of(door, person), await key_of(door, person, "data:write")
    exporter = OTLPSpanExporter(f"{door.address}/v1/traces", headers=key)
    away = {**environ, "CLICKHOUSE_PORT": str(free_port())}
    async with worker(away, tmp_path, Script(calls=0)) as waiting:
        assert exporter.export(application(calls=40)) is SpanExportResult.SUCCESS
        await until(lambda: any("wait for their delivery" in str(line["event"]) for line in waiting.lines()), 30)
    assert await stored(usage, tenant) == []

    async def there() -> bool:
        return len(await stored(usage, tenant)) >= 40

    async with worker(environ, tmp_path, Script(calls=0)):
        await eventually(there)
    exporter.shutdown()
    assert len(await stored(usage, tenant)) == 40
