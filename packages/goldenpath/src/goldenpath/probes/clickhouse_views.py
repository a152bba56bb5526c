"""ClickHouse's own views: settings, memory, parts, running statements, errors and disks."""

import json
from typing import Any

import httpx
from pydantic import JsonValue

from goldenpath.probes import clickhouse, http, statements
from goldenpath.probes.address import Target
from goldenpath.probes.dns import SockAddr
from goldenpath.probes.phase import timed
from goldenpath.probes.views import Asked, Views

STATEMENTS = statements.load("clickhouse")


async def ask(target: Target, address: SockAddr, timeout_s: float) -> Asked:
    """Every view that this log-in may read; an embedded engine lacks some."""
    async with http.client(target, address, timeout_s) as client:
        return await _read(client, target, timeout_s)


async def _read(client: httpx.AsyncClient, target: Target, timeout_s: float) -> Asked:
    views: Views = {}
    refused: dict[str, str] = {}
    for name, sql in STATEMENTS.items():
        query, answer = await timed("query", clickhouse.post(client, target, sql), timeout_s, http.error_name)
        if answer is None:
            return Asked(views=views, failed=query, refused=refused)
        query = clickhouse.judged(query, answer)
        if query.error in {"bad_password", "unknown_database", "too_many_clients"}:
            return Asked(views=views, failed=query.model_copy(update={"name": "auth"}), refused=refused)
        if query.error:
            refused[name] = query.text
        else:
            views[name] = _view(name, answer.text)
    return Asked(views=views, refused=refused)


def _view(name: str, text: str) -> JsonValue:
    """Rows, one JSON object a line; settings and schemas by name, as the other servers give them."""
    rows: list[Any] = [json.loads(line) for line in text.splitlines() if line.strip()]
    match name:
        case "settings" | "limits" | "memory":
            return {row["name"]: row["value"] for row in rows}
        case "schema":
            tables: dict[str, JsonValue] = {}
            for row in rows:
                columns = tables.setdefault(row["table"], {})
                if isinstance(columns, dict):
                    columns[row["name"]] = row["type"]
            return {"tables": tables, "indexes": {}}
        case _:
            return rows
