"""The scripted model as a product: its command, its script, its doors and what it remembers."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from netra_stub import KEY, MODEL, Stub

from netra.embedded.ports import free_port

BEARER = {"Authorization": f"Bearer {KEY}"}
QUESTION: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": "Say hello."}]}
SCRIPT = """\
[default]
text = "All is well."

[[steps]]
fault = "rate_limited"
retry_after = 2
times = 2

[[steps]]
text = "Only for you."
contains = "hello"
"""


def command(*words: str, port: int, state: Path) -> subprocess.Popen[str]:
    own = {
        "NETRA_STATE_DIR": str(state),
        "LLM_BASE_URL": f"http://127.0.0.1:{port}/v1",
        "LLM_MODEL": MODEL,
        "LLM_API_KEY": KEY,
    }
    argv = [sys.executable, "-m", "netra.cli.main", "embedded", "llm", *words]
    return subprocess.Popen(argv, env={**os.environ, **own}, stderr=subprocess.PIPE, text=True)


@contextmanager
def serving(script: Path, state: Path) -> Generator[httpx.Client]:
    port = free_port()
    with command("--stub", "--script", str(script), port=port, state=state) as process:
        try:
            assert process.stderr
            line = process.stderr.readline()
            assert '"ready"' in line, line
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=BEARER, trust_env=False) as client:
                yield client
        finally:
            process.terminate()
            process.wait(timeout=20)


def test_the_command_follows_its_script_and_counts_what_it_was_asked(tmp_path: Path) -> None:
    script = tmp_path / "script.toml"
    script.write_text(SCRIPT)
    with serving(script, tmp_path / "state") as client:
        said: list[object] = []
        for words in ("hello", "hello", "bye", "hello", "hello"):
            question = {**QUESTION, "messages": [{"role": "user", "content": words}]}
            answer = client.post("/v1/chat/completions", json=question)
            said.append(answer.headers.get("Retry-After") or answer.json()["choices"][0]["message"]["content"])
        assert said == ["2", "2", "All is well.", "Only for you.", "All is well."]
        assert client.get("/v1/models", headers={"Authorization": "Bearer wrong"}).status_code == 401
        told = client.get("/stub/requests")
        assert (told.json()["count"], told.json()["refused"]) == (5, 1)
        assert [r["status"] for r in told.json()["requests"]] == [429, 429, 200, 200, 200]
        assert KEY not in told.text
        assert client.get("/stub/behaviour").json()["default"]["text"] == "All is well."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('default = {fault = "flood"}', "default.fault: Input should be 'none', 'refused_key'"),
        ("[[steps]]\ntime = 3", "steps.0.time: Extra inputs are not permitted"),
        ("[default\n", "at line 1"),
    ],
)
def test_a_script_that_is_wrong_is_refused_by_field(tmp_path: Path, text: str, said: str) -> None:
    script = tmp_path / "script.toml"
    script.write_text(text)
    with command("--stub", "--script", str(script), port=free_port(), state=tmp_path) as process:
        _, told = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said in told
    assert "Traceback" not in told


def test_a_script_without_the_stub_is_refused(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text("{}")
    with command("--script", str(script), port=free_port(), state=tmp_path) as process:
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "add --stub" in told


async def post(stub: Stub, path: str, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(base_url=stub.url, headers=headers, trust_env=False, timeout=20) as client:
        return await client.post(path, json=body)


async def test_each_door_answers_whole_in_its_own_shape(stub: Stub) -> None:
    await stub.play(text="All is well.", calls=[{"name": "look", "arguments": {"far": 3}}])
    tools = {"tools": [{"name": "look", "function": {"name": "look"}}]}
    openai = (await post(stub, "/v1/chat/completions", {**QUESTION, **tools}, BEARER)).json()
    message = openai["choices"][0]["message"]
    assert (message["content"], openai["choices"][0]["finish_reason"]) == ("All is well.", "tool_calls")
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {"far": 3}
    anthropic = (await post(stub, "/v1/messages", {**QUESTION, **tools}, {"x-api-key": KEY})).json()
    assert [block["type"] for block in anthropic["content"]] == ["text", "tool_use"]
    assert anthropic["stop_reason"] == "tool_use"
    contents = {"contents": [{"parts": [{"text": "Say hello."}]}], **tools}
    google = (await post(stub, f"/v1beta/models/{MODEL}:generateContent", contents, {"x-goog-api-key": KEY})).json()
    assert google["candidates"][0]["content"]["parts"][1]["functionCall"] == {"name": "look", "args": {"far": 3}}
    assert [asked["said"].strip() for asked in await stub.asked()] == ["Say hello."] * 3


async def test_tokens_come_at_their_rate_after_the_first(stub: Stub) -> None:
    await stub.play(text="one two three four five six", first_token_s=0.3, tokens_per_s=20)
    began = time.perf_counter()
    answer = await post(stub, "/v1/chat/completions", {**QUESTION, "stream": True}, BEARER)
    assert answer.text.rstrip().endswith("data: [DONE]")
    assert time.perf_counter() - began >= 0.3 + 6 / 20


async def test_a_behaviour_that_is_wrong_changes_nothing(stub: Stub) -> None:
    await stub.play(text="Kept.")
    async with httpx.AsyncClient(base_url=stub.url, headers=BEARER, trust_env=False) as client:
        wrong = await client.put("/stub/behaviour", json={"default": {"text": 3}})
        assert (wrong.status_code, "default" in wrong.text) == (422, True)
        assert (await client.get("/stub/behaviour")).json()["default"]["text"] == "Kept."
        assert (await client.get("/stub/behaviour", headers={"Authorization": "Bearer no"})).status_code == 401
