"""What a person finds again, keeps, repeats and used, and what an operator inspects: through the real door."""

import json
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from netra_doors import Door, Person, opened
from netra_runs import Script, eventually, worker
from pydantic import TypeAdapter

from netra.analytics import schema
from netra.events.union import EVENTS
from netra.settings.contract import load
from netra.stores import clickhouse
from netra.stores.database import Pool
from netra.threads import markdown
from netra.threads.records import Thread
from netra.web import worklogs
from netra.web.exports import ThreadExport

QUESTION = "what did the Ünique canary-81 cost?"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one worklog, and beside it what is none of an operator's business."""
    folder = tmp_path_factory.mktemp("worklogs")
    (folder / "loops" / "20261123-1").mkdir(parents=True)
    (folder / "loops" / "20261123-1" / "worklog.html").write_text("<title>Worklog 1: pass</title><script>1</script>")
    (folder / "loops" / "20261123-1" / "worklog.md").write_text("# Worklog 1: pass\n")
    (folder / "loops" / "20261123-1" / "journal.jsonl").write_text("{}")
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "worklog.md").write_text("# none-of-it\n")
    (folder / "loops" / "escaping").symlink_to(folder / "elsewhere")
    (folder / "loops" / "empty").mkdir()
    return folder / "loops"


@pytest.fixture(scope="module")
async def door(
    environ: Mapping[str, str], written: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Door]:
    """A `netra web` that knows where worklogs are, and a worker behind it."""
    folder = tmp_path_factory.mktemp("web")
    client = await clickhouse.open_client(load(environ).clickhouse)
    await schema.ensure(client)
    await client.close()
    async with (
        opened({**environ, "WORKLOGS_DIR": str(written)}, folder) as door,
        worker(environ, folder, Script(calls=1, words=3)),
    ):
        yield door


async def answered(door: Door, person: Person, content: str = QUESTION) -> dict[str, str]:
    """The ids of a message that was answered."""
    asked = await door.post(person, content)

    async def done() -> bool:
        run = await door.http.get(f"/api/runs/{asked['run_id']}", headers=person.headers)
        return run.json()["status"] == "completed"

    await eventually(done, 30)
    return asked


async def found(door: Door, person: Person, q: str, **more: str) -> list[dict[str, Any]]:
    answer = await door.http.get("/api/threads", headers=person.headers, params={"q": q, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["threads"]


async def test_threads_are_found_by_words_of_their_title_and_messages(door: Door) -> None:
    person, other = await door.person(), await door.person()
    asked = await answered(door, person)
    named = (await door.http.post("/api/threads", headers=person.headers, json={"title": "100% of it_all"})).json()
    by_answer = await found(door, person, "WORD1")
    assert [t["thread_id"] for t in by_answer] == [asked["thread_id"]]
    assert by_answer[0]["excerpt"] == "word0 word1 word2"
    assert [t["thread_id"] for t in await found(door, person, "canary-81 word2")] == [asked["thread_id"]]
    assert [t["thread_id"] for t in await found(door, person, "Ünique")] == [asked["thread_id"]]
    assert await found(door, person, "canary-81 absent") == []
    assert [t["thread_id"] for t in await found(door, person, "0% it_")] == [named["thread_id"]], "no pattern"
    assert await found(door, person, "t%l") == []
    assert await found(door, other, "canary-81") == []
    assert await found(door, person, "canary-81", status="archived") == []
    assert len(await found(door, person, "  ")) == 2


async def test_a_thread_is_kept_as_a_file(door: Door) -> None:
    person = await door.person()
    asked = await answered(door, person)
    path = f"/api/threads/{asked['thread_id']}"
    await door.http.patch(path, headers=person.headers, json={"title": "Kosten:\n März"})
    path += "/export"
    text = await door.http.get(path, headers=person.headers)
    assert text.headers["content-type"] == "text/markdown; charset=utf-8"
    assert text.headers["content-disposition"].startswith('attachment; filename="kosten-m-rz-')
    assert text.text.startswith("# Kosten: März\n")
    assert f"\n{QUESTION}\n" in text.text
    assert "word0 word1 word2" in text.text
    kept = await door.http.get(path, headers=person.headers, params={"format": "json"})
    export = ThreadExport.model_validate(kept.json())
    assert [m.content for m in export.messages] == [QUESTION, "word0 word1 word2"]
    assert [str(run.run_id) for run in export.runs] == [asked["run_id"]]
    path = f"/api/runs/{asked['run_id']}/events"
    log = await door.http.get(path, headers=person.headers, params={"stream": "false"})
    events = TypeAdapter(list[dict[str, Any]]).validate_json(log.text)
    assert [EVENTS.validate_python(e) for e in events if e["type"] != "answer_delta"] == list(export.runs[0].events)


async def test_a_question_is_asked_again_by_its_message_or_its_answer(door: Door) -> None:
    person = await door.person()
    asked = await answered(door, person)
    path = f"/api/threads/{asked['thread_id']}/messages"
    answer = (await door.http.get(path, headers=person.headers)).json()["messages"][1]
    for message_id in (asked["message_id"], answer["message_id"]):
        once = {**person.headers, "Idempotency-Key": message_id}
        again = await door.http.post(f"/api/messages/{message_id}/retry", headers=once)
        assert again.status_code == 202, again.text
        assert again.json()["thread_id"] == asked["thread_id"]
        assert again.headers["X-RateLimit-Limit"] == "100"
        repeated = await door.http.post(f"/api/messages/{message_id}/retry", headers=once)
        assert repeated.json() == again.json() | {"repeated": True}
    said = (await door.http.get(path, headers=person.headers)).json()["messages"]
    assert [m["content"] for m in said if m["role"] == "user"] == [QUESTION] * 3


async def test_nobody_keeps_repeats_or_counts_what_is_someone_elses(door: Door) -> None:
    owner, other = await door.person(), await door.person()
    asked = await answered(door, owner)
    for method, path in (
        ("GET", f"/api/threads/{asked['thread_id']}/export"),
        ("GET", f"/api/threads/{asked['thread_id']}/export?format=json"),
        ("POST", f"/api/messages/{asked['message_id']}/retry"),
    ):
        theirs = await door.http.request(method, path, headers=other.headers)
        assert theirs.status_code == 404
        assert "canary" not in theirs.text
    assert (await used(door, other))["total"]["messages"] == 0
    assert (await used(door, owner))["total"]["messages"] == 1


async def used(door: Door, person: Person, days: int = 3) -> dict[str, Any]:
    answer = await door.http.get("/api/usage", headers=person.headers, params={"days": days})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_usage_counts_every_day_and_model_and_says_what_has_no_price(door: Door, database: Pool) -> None:
    person = await door.person()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    call = """
        insert into llm_calls (id, at, user_id, tenant_id, run_id, attempt, role, provider, model, try, outcome,
            input_tokens, output_tokens, cost_usd, ended_at)
        values ($1, $2, $3, $3, $4, 1, 'triage', 'acme', $5, 1, 'ok', 100, 10, $6, now())
    """
    run = uuid4()
    for at, run_id, model, cost in (
        (yesterday, run, "large", "0.25"),
        (yesterday, run, "large", "0.5"),
        (yesterday, uuid4(), "small", None),
        (yesterday - timedelta(days=9), uuid4(), "old", "9"),
    ):
        await database.execute(call, uuid4(), at, person.user_id, run_id, model, cost and float(cost))
    usage = await used(door, person)
    assert [day["day"] for day in usage["days"]] == [
        str((datetime.now(UTC) - timedelta(days=n)).date()) for n in (2, 1, 0)
    ]
    assert usage["days"][1] == {
        "day": str(yesterday.date()),
        "messages": 0,
        "calls": 3,
        "input_tokens": 300,
        "output_tokens": 30,
        "cost_usd": 0.75,
        "unpriced": 1,
    }
    assert [(m["model"], m["messages"], m["calls"], m["cost_usd"]) for m in usage["models"]] == [
        ("large", 1, 2, 0.75),
        ("small", 1, 1, 0.0),
    ]
    assert usage["total"] == {k: v for k, v in usage["days"][1].items() if k != "day"}
    assert usage["budget"]["tokens_per_day"] == 200_000
    assert (usage["since"], usage["until"]) == (usage["days"][0]["day"], usage["days"][2]["day"])
    refused = await door.http.get("/api/usage", headers=person.headers, params={"days": 367})
    assert refused.status_code == 422


@pytest.fixture(scope="module")
async def operator(door: Door, database: Pool) -> Person:
    """Somebody who may look after the system."""
    person = await door.person()
    await database.execute("update users set role = 'operator' where email = $1", person.email)
    answer = await door.http.post("/api/auth/login", json={"email": person.email, "password": "correct horse battery"})
    return await door.known(person.email, answer.json())


async def test_an_operator_inspects_a_run_and_reads_nothing_of_it(door: Door, operator: Person) -> None:
    person = await door.person()
    asked = await answered(door, person)
    path = f"/api/operator/runs/{asked['run_id']}"
    answer = await door.http.get(path, headers=operator.headers)
    seen = answer.json()
    assert (seen["run"]["status"], seen["run"]["user_id"]) == ("completed", person.user_id)
    assert [e["seq"] for e in seen["events"]] == list(range(1, len(seen["events"]) + 1))
    tools = [(e["type"], e["tool"], e["status"]) for e in seen["events"] if e["tool"]]
    assert tools == [("tool_executing", "stride", None), ("tool_completed", "stride", "ok")]
    assert all(word not in answer.text for word in ("canary", "word1", "number")), "no contents"
    assert seen["calls"] == []
    assert (await door.http.get(path, headers=person.headers)).status_code == 403
    assert (await door.http.get(f"/api/operator/runs/{uuid4()}", headers=operator.headers)).status_code == 404


async def test_operators_read_worklogs_and_nothing_beside_them(door: Door, operator: Person) -> None:
    path = "/api/operator/worklogs"
    listed = (await door.http.get(path, headers=operator.headers)).json()["worklogs"]
    assert [(w["worklog_id"], w["title"], w["formats"]) for w in listed] == [
        ("20261123-1", "Worklog 1: pass", ["html", "markdown"])
    ]
    shown = await door.http.get(f"{path}/20261123-1", headers=operator.headers)
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert shown.headers["content-security-policy"].startswith("sandbox; default-src 'none';")
    text = await door.http.get(f"{path}/20261123-1", headers=operator.headers, params={"format": "markdown"})
    assert text.text == "# Worklog 1: pass\n"
    for name in ("escaping", "empty", "..", "%2e%2e", "..%2felsewhere", "absent"):
        answer = await door.http.get(f"{path}/{name}", headers=operator.headers, params={"format": "markdown"})
        assert answer.status_code in {404, 422}, (name, answer.text)
        assert "none-of-it" not in answer.text
    person = await door.person()
    assert (await door.http.get(path, headers=person.headers)).status_code == 403
    assert (await door.http.get(f"{path}/20261123-1", headers=person.headers)).status_code == 403


def test_a_worklog_that_lies_elsewhere_is_none(written: Path) -> None:
    assert worklogs.inside(written, "20261123-1", "markdown") is not None
    for name in ("../elsewhere", "escaping", "..", ".", "", "20261123-1/../../elsewhere", "a\x00b"):
        assert worklogs.inside(written, name, "markdown") is None
    assert worklogs.listed(written / "absent") == ()


def test_a_file_is_named_by_letters_that_every_system_takes() -> None:
    now = datetime.now(UTC)
    for title, name in (
        ("Kosten: März/April", "kosten-m-rz-april"),
        ("", "thread"),
        ("../../etc", "etc"),
        ("é", "thread"),
    ):
        thread = Thread(thread_id=uuid4(), title=title, status="active", created_at=now, updated_at=now)
        assert markdown.filename(thread, "md") == f"{name}-{str(thread.thread_id)[:8]}.md"
    assert json.dumps(markdown.heading(thread, now)).startswith('"# \\u00e9')


async def test_a_budget_is_set_read_and_removed_by_its_tenant(door: Door) -> None:
    person, other = await door.person(), await door.person()
    path = "/api/budget"
    assert (await door.http.get(path, headers=person.headers)).json()["budget_from"] == "none"
    for amount, before in ((50, None), (75.5, 50.0)):
        put = await door.http.put(path, headers=person.headers, json={"monthly_usd": amount})
        assert (put.status_code, put.json()["monthly_usd"], put.json()["previous_usd"]) == (200, amount, before)
    burn = (await door.http.get(path, headers=person.headers)).json()
    assert (burn["budget_usd"], burn["spent_usd"], burn["spent_pct"]) == (75.5, 0.0, 0.0)
    assert (await door.http.get(path, headers=other.headers)).json()["budget_usd"] is None
    past = await door.http.get(path, headers=person.headers, params={"month": "2025-02"})
    assert (past.json()["month"], past.json()["end"]) == ("2025-02", "2025-03-01T00:00:00Z")
    for wrong in (0, 0.001, 2e9, "many", None):
        assert (await door.http.put(path, headers=person.headers, json={"monthly_usd": wrong})).status_code == 422
    for month in ("2025-13", "0000-01", "x"):
        answer = await door.http.get(path, headers=person.headers, params={"month": month})
        assert answer.status_code == 422
    assert (await door.http.delete(path, headers=person.headers)).status_code == 204
    assert (await door.http.get(path, headers=person.headers)).json()["budget_from"] == "none"
