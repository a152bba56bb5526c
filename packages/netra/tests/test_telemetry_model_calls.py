"""Calls of language models as metrics and spans tell them, through a real worker and an endpoint over HTTP."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from netra_collector import Received, collecting
from netra_doors import opened, until
from netra_models import Answer, endpoint, response, text
from netra_runs import worker

from netra.embedded.ports import free_port

QUESTION = "what did the aardvark project cost last week?"
TOKEN = "metrics-token-of-this-test-0123456789"


@asynccontextmanager
async def lived(
    environ: Mapping[str, str], folder: Path, answer: Answer, **more: str
) -> AsyncGenerator[tuple[list[Received], str]]:
    """One run with this endpoint for a model, to its end: the spans and the worker's metrics."""
    port = free_port()
    async with collecting() as collector, endpoint(answer) as model:
        told = {
            **environ,
            **model.environ,
            **more,
            "LLM_ROLES": "triage,reporting",
            "METRICS_TOKEN": TOKEN,
            "WORKER_METRICS_PORT": str(port),
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        }
        async with opened(told, folder) as door, worker(told, folder) as hand:
            await door.post(await door.person(), QUESTION)
            await until(lambda: any(line["event"] == "run" for line in hand.lines()))
            found = await collector.until("invoke_workflow run")
            bearer = {"Authorization": f"Bearer {TOKEN}"}
            async with httpx.AsyncClient() as http:
                shown = (await http.get(f"http://127.0.0.1:{port}/metrics", headers=bearer)).text
            yield found, shown


@pytest.mark.slow
async def test_a_call_is_a_span_below_its_agent_and_is_counted(environ: Mapping[str, str], tmp_path: Path) -> None:
    wanted = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"}
    async with lived(environ, tmp_path, lambda _: text("It", " is fine."), **wanted) as (found, shown):
        chats = [span for span in found if span.name == "chat scripted"]
        parents = {span.span_id: span.name for span in found}
    assert {parents[chat.parent_id] for chat in chats} >= {"invoke_agent triage"}
    chat = chats[0]
    assert chat.kind == 3, "of a client"
    assert chat.attributes["gen_ai.operation.name"] == "chat"
    assert chat.attributes["gen_ai.request.model"] == chat.attributes["gen_ai.response.model"] == "scripted"
    assert chat.attributes["gen_ai.response.finish_reasons"]
    assert chat.attributes["gen_ai.request.max_tokens"] > 0
    asked = json.loads(chat.attributes["gen_ai.input.messages"])
    assert [message["role"] for message in asked] == ["system", "user"]
    assert QUESTION in json.dumps(asked)
    answered = json.loads(chat.attributes["gen_ai.output.messages"])
    assert answered[0]["parts"][0] == {"type": "text", "content": "It is fine."}
    assert f'netra_llm_calls_total{{model="scripted",outcome="ok",provider="llm"}} {float(len(chats))}' in shown
    assert 'netra_llm_first_piece_seconds_count{model="scripted",provider="llm"}' in shown


@pytest.mark.slow
async def test_a_call_that_fails_says_why(environ: Mapping[str, str], tmp_path: Path) -> None:
    refused = response(401, {"error": {"message": f"no, not for {QUESTION}"}})
    async with lived(environ, tmp_path, lambda _: refused) as (found, shown):
        chat = next(span for span in found if span.name == "chat scripted")
        run = next(span for span in found if span.name == "invoke_workflow run")
    assert (chat.failed, chat.attributes["error.type"]) == (True, "llm_auth")
    assert (run.failed, run.attributes["error.type"]) == (True, "llm_auth")
    assert 'netra_llm_calls_total{model="scripted",outcome="llm_auth",provider="llm"} 1.0' in shown
    assert 'netra_runs_ended_total{reason="llm_auth",status="failed"} 1.0' in shown
    assert "aardvark" not in str(found)
