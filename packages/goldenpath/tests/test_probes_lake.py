"""ClickHouse asked about itself, through a door that answers with rows of the shape that a real engine (26.9) gives."""

import json

import pytest
from diagnosis_bench import named
from observing import edge_to, values
from peers import Answer, http, peer
from pydantic import JsonValue
from sample import system

from goldenpath.diagnosis.engine import diagnose
from goldenpath.facts import Observation
from goldenpath.probes.clickhouse_views import STATEMENTS
from goldenpath.probes.edge import EdgeOptions, probe_edge
from goldenpath.probes.record import Recorder
from goldenpath.probes.server import ServerOptions, probe_server
from goldenpath.probes.views import Views

Rows = list[dict[str, JsonValue]]
WELL: dict[str, Rows] = {
    "settings": [{"name": "max_memory_usage", "value": "0"}, {"name": "readonly", "value": "0"}],
    "limits": [{"name": "parts_to_delay_insert", "value": "1000"}, {"name": "parts_to_throw_insert", "value": "3000"}],
    "parts": [{"database": "facts", "table": "usage", "partition": "202601", "parts": 7, "rows": 9000}],
    "memory": [{"name": "used", "value": 120_000_000}, {"name": "max", "value": 0}],
    "statements": [],
    "errors": [],
    "disks": [{"name": "default", "free": 70_000_000_000, "total": 270_000_000_000}],
    "mutations": [],
    "schema": [
        {"table": "facts.usage", "name": "at", "type": "DateTime"},
        {"table": "facts.usage", "name": "n", "type": "UInt64"},
    ],
}


def lake(answers: dict[str, Rows], *, refuses: str = "") -> Answer:
    """Answers each statement with its rows, one JSON object a line; one statement it may refuse."""
    by_sql = {sql: name for name, sql in STATEMENTS.items()}

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        if path == "/ping":
            return 200, "Ok.\n"
        assert (method, headers["x-clickhouse-key"]) == ("POST", "key-of-the-lake")
        name = by_sql.get(body.decode(), "")
        if refuses and name == refuses:
            return 500, "Code: 497. DB::Exception: default: Not enough privileges. (ACCESS_DENIED)"
        return 200, "".join(json.dumps(row) + "\n" for row in answers[name]) if name else "1\n"

    return answer


async def look(answer: Answer, before: Views | None = None) -> list[Observation]:
    async with peer(http(answer)) as port:
        environ = {"LAKE_HOST": "127.0.0.1", "LAKE_PORT": str(port), "LAKE_USER": "u", "LAKE_KEY": "key-of-the-lake"}
        recorder = Recorder()
        options = EdgeOptions(timeout_s=2.0)
        found = [*await probe_edge(recorder, system(), edge_to("lake"), environ, options)]
        found += await probe_server(recorder, system(), "lake", environ, ServerOptions(before=before or {}))
        failed = {"type": "agent_failed", "reason": "tool_failed", "component": "lake", "message": ""}
        found.append(recorder.observe(probe="journey", subject="journey:buy", name="run.terminal", value={**failed}))
        return found


async def test_every_view_by_its_name() -> None:
    found = values(await look(lake(WELL)))
    assert found["server.memory"] == {"used": 120_000_000, "max": 0}
    assert found["server.parts"] == WELL["parts"]
    assert found["server.disks"] == WELL["disks"]
    assert "server.schema" not in found, "too long to be noted whole"


async def test_what_it_may_not_read_does_not_hide_the_rest() -> None:
    found = values(await look(lake(WELL, refuses="errors")))
    assert found["server.refused"] == ["errors"]
    assert "server.parts" in found


async def test_a_column_that_is_gone_against_the_last_good_state() -> None:
    tables: JsonValue = {"tables": {"facts.usage": {"at": "DateTime", "n": "UInt64", "who": "String"}}, "indexes": {}}
    found = values(await look(lake(WELL), {"schema": tables}))
    assert isinstance(changed := found["server.schema_changed"], dict)
    assert (changed["kind"], changed["name"], changed["change"]) == ("column", "facts.usage.who", "missing")


@pytest.mark.parametrize(
    ("view", "rows", "cause"),
    [
        (
            "parts",
            [{"database": "facts", "table": "usage", "partition": "1", "parts": 2900, "rows": 2900}],
            "parts_too_many",
        ),
        ("errors", [{"name": "MEMORY_LIMIT_EXCEEDED", "count": 4, "age_s": 12}], "statement_memory"),
    ],
)
async def test_a_fault_inside(view: str, rows: Rows, cause: str) -> None:
    assert named(diagnose(system(), await look(lake({**WELL, view: rows})))) == [(cause, "lake")]
