"""P1 005-012 and 016: agents at work and what they leave, from one run that really happened and its stored log.

These tests share somebody with data and one answered question, so they stand together, in the file that comes first.
"""

import json
from typing import Any

import httpx
import pytest
from e2e.answered import Answered
from e2e.conversation import Conversation
from e2e.frames import GOLDEN_FIVE, assert_tools_paired
from e2e.person import Person, log_in
from e2e.reading import cancel, log_of, messages_of, post, read
from e2e.usage import WORKLOADS, Counted, count

pytestmark = [
    pytest.mark.priority(1),
    pytest.mark.journey("chat"),
    pytest.mark.category("agents"),
]


@pytest.fixture
async def stored(door: httpx.AsyncClient, answered: Answered) -> list[dict[str, Any]]:
    """The run's events as this test reads them from the log; they are what the socket received."""
    events = await log_of(door, answered.person, answered.run_id)
    assert events == answered.events
    return events


@pytest.mark.title("Every agent says that it starts, and what it is about to do, before anything else")
@pytest.mark.proof("log")
async def test_005_agent_startup(stored: list[dict[str, Any]]) -> None:
    agents = list(dict.fromkeys(event["agent"] for event in stored if event["agent"] != "run"))
    assert agents[0] == "triage"
    assert agents[-1] == "reporting"
    for agent in agents:
        first, second = [event for event in stored if event["agent"] == agent][:2]
        assert (first["type"], second["type"]) == ("agent_started", "agent_thinking")
        assert first["data"]["task"]
        assert (second["data"]["step"], second["data"]["text"] != "") == (1, True)


@pytest.mark.title("Triage hands to data, data to reporting; the run ends completed, by this revision")
@pytest.mark.proof("log")
async def test_006_agent_execution(stored: list[dict[str, Any]], door: httpx.AsyncClient, answered: Answered) -> None:
    handoffs = [(event["agent"], event["data"]["to"]) for event in stored if event["type"] == "agent_handoff"]
    assert handoffs == [("triage", "data"), ("data", "reporting")]
    started = [event["agent"] for event in stored if event["type"] == "agent_started"]
    completed = [event["agent"] for event in stored if event["type"] == "agent_completed"]
    assert started == completed == ["triage", "data", "reporting"]
    assert {event["type"] for event in stored} >= GOLDEN_FIVE
    run = await read(door, answered.person, f"/api/runs/{answered.run_id}")
    assert (run["status"], run["last_seq"], run["thread_id"]) == ("completed", len(stored), answered.thread_id)
    assert run["created_at"] <= run["started_at"] <= run["finished_at"] <= run["deadline_at"]


@pytest.mark.title("The answer states the numbers that a direct count of the data gives")
@pytest.mark.proof("log")
async def test_007_agent_response(stored: list[dict[str, Any]], answered: Answered) -> None:
    final = stored[-1]["data"]
    counted = {count(answered.rows, workload).requests for workload in WORKLOADS}
    for requests in counted:
        assert f"{requests:,}" in final["answer"]
    numbers = final["result"]["numbers"]
    assert counted <= {number["value"] for number in numbers}
    calls = {event["data"]["call_id"]: event["data"]["tool"] for event in stored if event["type"] == "tool_completed"}
    for number in numbers:
        assert calls[number["call_id"]] == number["tool"]
        assert number["text"] in final["answer"]


@pytest.mark.title("The answer comes in pieces while the run goes on, and the pieces are the answer")
@pytest.mark.proof("log")
async def test_008_agent_streaming(stored: list[dict[str, Any]], answered: Answered) -> None:
    deltas = [frame for frame in answered.frames if frame.type == "answer_delta"]
    assert len(deltas) >= 2
    assert "".join(delta.data["text"] for delta in deltas) == stored[-1]["data"]["answer"]
    assert deltas[0].received < answered.frames[-1].received
    assert len({delta.body["at"] for delta in deltas}) >= 2, "all pieces were written at once"


@pytest.mark.title("A run completes once: one final event, the last, after which nothing comes")
@pytest.mark.proof("log")
async def test_009_agent_completion(stored: list[dict[str, Any]], door: httpx.AsyncClient, answered: Answered) -> None:
    finals = [event["seq"] for event in stored if event["type"] == "agent_completed" and event["data"]["final"]]
    assert finals == [len(stored)]
    assert (stored[-1]["agent"], stored[-1]["data"]["result"]["analyst"] != "") == ("reporting", True)
    rest = await door.get(
        f"/api/runs/{answered.run_id}/events", headers=answered.person.headers, params={"after": len(stored)}
    )
    assert (rest.status_code, rest.content) == (204, b"")


@pytest.mark.title("Each tool call is announced with its arguments and ends once")
@pytest.mark.proof("log")
async def test_010_tool_execution(stored: list[dict[str, Any]]) -> None:
    assert_tools_paired(stored)
    calls = [event for event in stored if event["type"] == "tool_executing"]
    made = [(call["agent"], call["data"]["tool"]) for call in calls]
    assert made == [("triage", "data_profile"), ("data", "token_statistics")]
    assert calls[1]["data"]["arguments"]["by"] == "workload"
    for event in stored:
        if event["type"] == "tool_completed":
            assert (event["data"]["status"], event["data"]["error"]) == ("ok", "")
            assert event["data"]["ms"] > 0


@pytest.mark.title("What the tools give equals a direct count of the imported rows")
@pytest.mark.proof("log")
async def test_011_tool_results(stored: list[dict[str, Any]], answered: Answered) -> None:
    done = {e["data"]["tool"]: e["data"]["result"] for e in stored if e["type"] == "tool_completed"}
    whole = count(answered.rows)
    assert done["data_profile"]["requests"] == whole.requests
    tokens = done["token_statistics"]
    assert (tokens["requests"], tokens["input_tokens"], tokens["output_tokens"]) == (
        whole.requests,
        whole.input_tokens,
        whole.output_tokens,
    )
    by_workload = {group["key"]: _counted(group) for group in tokens["groups"]}
    assert by_workload == {workload: count(answered.rows, workload) for workload in WORKLOADS}


@pytest.mark.title("Question, answer and events are still there, word for word, for the next session")
@pytest.mark.journey("history")
@pytest.mark.category("threads")
async def test_012_message_persistence(door: httpx.AsyncClient, answered: Answered, nonce: str) -> None:
    thread = (await door.post("/api/threads", headers=answered.person.headers, json={})).json()["thread_id"]
    asked = await post(door, answered.person, thread, f"Keep this {nonce}")
    await cancel(door, answered.person, asked["run_id"])
    later = await log_in(door, answered.person)
    assert later.access_token != answered.person.access_token
    (kept,) = await messages_of(door, later, thread)
    assert (kept["role"], kept["content"]) == ("user", f"Keep this {nonce}")
    messages = await messages_of(door, later, answered.thread_id)
    question, answer = [message for message in messages if message["run_id"] == answered.run_id]
    assert (question["role"], question["content"]) == ("user", answered.question)
    assert (answer["role"], answer["content"]) == ("assistant", answered.events[-1]["data"]["answer"])
    assert question["position"] < answer["position"]
    assert await log_of(door, later, answered.run_id) == answered.events


@pytest.mark.title("Nothing of one person's threads, runs and events can be reached by another")
@pytest.mark.journey("history")
@pytest.mark.category("people")
async def test_016_user_context_isolation(
    door: httpx.AsyncClient, person: Person, talk: Conversation, answered: Answered, nonce: str
) -> None:
    canary = f"Secret {nonce}"
    owned = await post(door, answered.person, answered.thread_id, canary)
    await cancel(door, answered.person, owned["run_id"])
    thread, run = f"/api/threads/{answered.thread_id}", f"/api/runs/{answered.run_id}"
    attempts = [
        ("GET", thread, None),
        ("GET", f"{thread}/messages", None),
        ("POST", f"{thread}/messages", {"content": f"Intruder {nonce}"}),
        ("PATCH", thread, {"title": "mine"}),
        ("DELETE", thread, None),
        ("GET", run, None),
        ("GET", f"{run}/events", None),
        ("POST", f"{run}/cancel", None),
    ]
    for method, path, body in attempts:
        answer = await door.request(method, path, headers=person.headers, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), (method, path)
    await talk.send(type="resume", run_id=answered.run_id, after=0)
    assert (await talk.first("error"))["code"] == "not_found"
    await talk.send(type="cancel", run_id=answered.run_id)
    assert (await talk.first("error"))["code"] == "not_found"
    await talk.send(type="user_message", content=f"Intruder {nonce}", thread_id=answered.thread_id)
    assert (await talk.first("error"))["code"] == "not_found"
    await talk.alive()
    assert not any(canary in json.dumps(frame.body) for frame in talk.frames)
    assert (await read(door, person, "/api/threads"))["threads"] == []
    contents = [m["content"] for m in await messages_of(door, answered.person, answered.thread_id)]
    assert canary in contents
    assert f"Intruder {nonce}" not in contents


def _counted(group: dict[str, Any]) -> Counted:
    return Counted(
        requests=group["requests"],
        input_tokens=group["input_tokens"],
        output_tokens=group["output_tokens"],
        input_median=group["input_median"],
        output_median=group["output_median"],
    )
