"""PostgreSQL's own views: connections, locks, transactions, settings, statistics and schema, on one session."""

import json
from typing import Any

from goldenpath.probes import postgres, statements
from goldenpath.probes.address import Target
from goldenpath.probes.phase import timed
from goldenpath.probes.views import Asked, Views
from goldenpath.probes.wire import Wire

STATEMENTS = statements.load("postgres")
_POLITE = "set statement_timeout = '2s'; set lock_timeout = '500ms'"
"""A probe must not be what holds a server up."""


async def ask(target: Target, opened: Wire, timeout_s: float) -> Asked:
    """Every view that this log-in may read, on a connection that stands."""
    reached, session = await postgres.enter(target, opened, timeout_s)
    if session is None:
        return Asked(failed=reached[-1])
    views: Views = {}
    refused: dict[str, str] = {}
    for name, sql in {"": _POLITE, **STATEMENTS}.items():
        query, rows = await timed("query", session.query(sql), timeout_s, postgres.error_name)
        if query.error in {"timeout", "closed"}:
            return Asked(views=views, failed=query, refused=refused)
        if query.error:
            refused[name] = query.text
        elif name and rows:
            views[name] = _json(rows[0][0])
    session.end()
    return Asked(views=views, refused=refused)


def _json(cell: str | None) -> Any:
    return [] if cell is None else json.loads(cell)
