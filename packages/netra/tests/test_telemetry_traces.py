"""One message is one trace through both processes, at a collector that speaks OTLP; one that is away costs nothing."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import pytest
from netra_collector import Collector, Received, collecting
from netra_doors import Door, heard, opened, said, until
from netra_runs import Script, WorkerProcess, worker
from websockets.asyncio.client import connect

from netra.embedded.ports import free_port
from netra.telemetry import spans

CLIENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
QUESTION = "what did my models cost last week, my dear watson?"


@pytest.fixture(scope="module")
async def collector() -> AsyncGenerator[Collector]:
    async with collecting() as opened_collector:
        yield opened_collector


@pytest.fixture(scope="module")
def traced(environ: Mapping[str, str], collector: Collector) -> Mapping[str, str]:
    key = "authorization=Bearer%20collector-key-0123456789-0123456789"
    return {**environ, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address, "OTEL_EXPORTER_OTLP_HEADERS": key}


@pytest.fixture(scope="module")
async def web(traced: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    async with opened(traced, tmp_path_factory.mktemp("web")) as door:
        yield door


@pytest.fixture(scope="module")
async def hand(traced: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[WorkerProcess]:
    async with worker(traced, tmp_path_factory.mktemp("worker"), Script(calls=2)) as process:
        yield process


async def asked(web: Door, **headers: str) -> str:
    """Ask over a socket and wait for the end; answers the run's id."""
    person = await web.person()
    given = {**person.headers, **headers}
    async with connect(web.socket_address, additional_headers=given, compression=None) as socket:
        await heard(socket)
        await said(socket, type="user_message", content=QUESTION)
        run_id = (await heard(socket))["run_id"]
        while not (await heard(socket))["data"].get("final"):
            pass
    return run_id


async def trace_of(collector: Collector, run_id: str) -> list[Received]:
    """All spans of the trace in which the run is, once the run's own has come."""

    def runs() -> list[Received]:
        return [s for s in collector.spans() if s.attributes.get("netra.run.id") == run_id]

    await until(lambda: bool(runs()))
    trace_id = runs()[0].trace_id

    def trace() -> list[Received]:
        return [s for s in collector.spans() if s.trace_id == trace_id]

    await until(lambda: any(s.service == "netra-web" for s in trace()))
    return trace()


async def test_one_message_is_one_trace_through_both_processes(
    web: Door, hand: WorkerProcess, collector: Collector
) -> None:
    run_id = await asked(web)
    trace = await trace_of(collector, run_id)
    by_id = {span.span_id: span for span in trace}
    tree = sorted((span.service, span.name, by_id[span.parent_id].name if span.parent_id else "") for span in trace)
    assert tree == sorted(
        [
            ("netra-web", "/ws user_message", ""),
            ("netra-worker", "invoke_workflow run", "/ws user_message"),
            ("netra-worker", "invoke_agent triage", "invoke_workflow run"),
            ("netra-worker", "invoke_agent data", "invoke_workflow run"),
            ("netra-worker", "execute_tool stride", "invoke_agent data"),
            ("netra-worker", "execute_tool stride", "invoke_agent data"),
            ("netra-worker", "invoke_agent reporting", "invoke_workflow run"),
        ]
    )
    run = next(span for span in trace if span.name == "invoke_workflow run")
    assert (run.attributes["gen_ai.operation.name"], run.attributes["netra.run.status"]) == (
        "invoke_workflow",
        "completed",
    )
    tool = next(span for span in trace if span.name == "execute_tool stride")
    assert {k: v for k, v in tool.attributes.items() if k.startswith("gen_ai.")} == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "stride",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": tool.attributes["gen_ai.tool.call.id"],
    }
    assert not any(span.failed for span in trace)
    lines = [line for line in hand.lines() if line.get("run_id") == run_id] + [
        line for line in web.lines() if line.get("run_id") == run_id
    ]
    assert {line["trace_id"] for line in lines} == {run.trace_id}


async def test_the_clients_own_trace_is_continued(web: Door, hand: WorkerProcess, collector: Collector) -> None:
    assert hand.process.returncode is None
    _, trace_id, span_id, _ = CLIENT.split("-")
    trace = await trace_of(collector, await asked(web, traceparent=CLIENT))
    assert {span.trace_id for span in trace} == {trace_id}
    assert [s.parent_id for s in trace if s.name == "/ws user_message"] == [span_id]
    answer = await web.http.get("/api/version", headers={"traceparent": CLIENT})
    await until(lambda: any(s.name == "GET /api/version" and s.parent_id == span_id for s in collector.spans()))
    assert (await web.logged(answer.headers["x-request-id"]))["trace_id"] == trace_id


async def test_a_request_is_a_span_named_by_its_route(web: Door, collector: Collector) -> None:
    person = await web.person()
    accepted = await web.post(person)
    await web.http.get(f"/api/runs/{accepted['run_id']}", headers=person.headers)
    name = "GET /api/runs/{run_id}"
    await collector.until(name)
    span = next(s for s in collector.spans() if s.name == name)
    assert (span.kind, span.parent_id, span.attributes["http.response.status_code"]) == (2, "", 200)
    assert span.attributes["url.path"] == f"/api/runs/{accepted['run_id']}"
    assert not [s for s in collector.spans() if "health" in s.name]


async def test_what_people_say_stays_here_until_it_is_asked_for(
    web: Door, hand: WorkerProcess, collector: Collector
) -> None:
    assert hand.process.returncode is None
    await trace_of(collector, await asked(web))
    everything = b"".join(collector.bodies)
    assert b"watson" not in everything
    assert b"word1" not in everything


@pytest.mark.slow
async def test_a_tools_words_are_in_the_span_when_an_operator_wants_them(
    traced: Mapping[str, str], web: Door, tmp_path: Path
) -> None:
    async with collecting() as other:
        wanted = {"OTEL_EXPORTER_OTLP_ENDPOINT": other.address}
        content = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true", "NETRA_REVISION": "other"}
        environ = {**traced, **wanted, **content}
        async with worker(environ, tmp_path, Script(calls=1)), opened(environ, tmp_path) as door:
            await asked(door)
            found = await other.until("execute_tool stride")
    tool = next(span for span in found if span.name == "execute_tool stride")
    assert json.loads(tool.attributes["gen_ai.tool.call.arguments"]) == {"number": 1}
    assert json.loads(tool.attributes["gen_ai.tool.call.result"]) == {"number": 1}
    assert web.process.returncode is None


@pytest.mark.slow
async def test_a_collector_that_is_away_costs_nothing_and_gets_what_waited(
    traced: Mapping[str, str], tmp_path: Path
) -> None:
    port = free_port()
    environ = {**traced, "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "ENVIRONMENT": "local"}
    async with opened(environ, tmp_path) as door:
        answer = await door.http.get("/api/version")
        assert answer.status_code == 200
        await until(lambda: any("collector does not take spans" in line["event"] for line in door.lines()))
        async with collecting(port) as late:
            await late.until("GET /api/version")
            shown = (await door.http.get("/metrics")).text
    assert 'netra_trace_spans_total{outcome="exported"}' in shown
    assert "netra_trace_export_failures_total 0.0" not in shown
    said_so = [line for line in door.lines() if "collector does not take spans" in line["event"]]
    assert len(said_so) == 1, "said once, not at every try"


@pytest.mark.slow
async def test_spans_that_a_collector_refuses_are_counted(traced: Mapping[str, str], tmp_path: Path) -> None:
    async with collecting() as refusing:
        refusing.status = 400
        environ = {**traced, "OTEL_EXPORTER_OTLP_ENDPOINT": refusing.address, "ENVIRONMENT": "local"}
        async with opened(environ, tmp_path) as door:
            await door.http.get("/api/version")
            shown = ""
            async with asyncio.timeout(10):
                while 'netra_trace_spans_total{outcome="refused"} 1.0' not in shown:
                    shown = (await door.http.get("/metrics")).text
    assert refusing.heads[0].startswith("POST /v1/traces ")
    assert "collector-key-0123456789" in refusing.heads[0]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n",
    ],
)
def test_a_traceparent_that_is_not_well_formed_counts_as_none(header: str) -> None:
    assert spans.parsed(header) is None


def test_a_traceparent_of_a_later_version_is_understood() -> None:
    found: Any = spans.parsed("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-what-the-future-brings")
    assert found == ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", False)
