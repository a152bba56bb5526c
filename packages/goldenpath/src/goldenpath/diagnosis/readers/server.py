"""Predictions about what a datastore says of itself: connections, locks, statements, memory, role and settings."""

from collections.abc import Collection

from pydantic import JsonValue

from goldenpath.diagnosis.evidence import Evidence, field, number, text_field
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, seen
from goldenpath.diagnosis.rule import Read, Reading, Site
from goldenpath.facts import Observation

LONG_S = 1.0
"""A wait for a lock that is a fault; shorter ones are part of life."""
LEFT_S = 5.0
"""A transaction that has done nothing for so long was left open."""
SLOW_S = 3.0
"""A statement that runs longer holds up people."""
NEARLY = 0.97
"""Share of a memory limit at which a server without eviction refuses writes."""
MANY_ROWS = 5000
"""Rows read by going through whole tables since the system was well: fewer cost nothing."""
STALE = 0.5
"""Share of a table's rows changed since its statistics were made, from which plans go wrong."""
RECENT_S = 120.0
"""How far back the slow log counts."""
HELD_UP_MS = 500.0
"""One command at a time: while such a one runs, nobody else is served."""
Row = dict[str, JsonValue]


def connections_are_taken(evidence: Evidence, site: Site) -> Reading:
    """The server's own count of connections has reached a limit."""
    found = _view(evidence, site, "connections")
    if found is None:
        return UNKNOWN
    used, limit = _number(found, "used"), _number(found, "max")
    if limit and used + 1 >= limit - _number(found, "reserved"):
        return seen([found], f"{used:.0f} of {limit:.0f} connections are taken{_holders(found)}")
    mine, own = _number(found, "mine"), _number(found, "role_limit")
    if own > 0 and mine >= own:
        return seen([found], f"the role has all of its {own:.0f} connections{_holders(found)}")
    return against([found], f"{used:.0f} of {limit:.0f} connections are taken")


def lock_is_held(evidence: Evidence, site: Site) -> Reading:
    """Statements wait for a lock, or a transaction that holds some was left open."""
    waiting, opened = _view(evidence, site, "blocked"), _view(evidence, site, "transactions")
    long = [row for row in _rows(waiting) if _of(row, "waits_s") >= LONG_S]
    left = [row for row in _rows(opened) if _was_left(row)]
    if waiting and long:
        return seen([waiting], _waits(long))
    if opened and left:
        return seen([opened], _left(left[0]))
    known = [o for o in (waiting, opened) if o]
    return against(known, "nobody waits for a lock") if waiting else UNKNOWN


def lock_holder(evidence: Evidence, site: Site) -> Row:
    """Who holds it: process id, application and state."""
    for row in _rows(_view(evidence, site, "blocked")):
        if not row.get("holder_waits_too"):
            return {"pid": row.get("holder"), "application": row.get("holder_application")}
    for row in _rows(_view(evidence, site, "transactions")):
        if _was_left(row):
            return {"pid": row.get("pid"), "application": row.get("application")}
    return {}


def statements_are_slow(evidence: Evidence, site: Site) -> Reading:
    """A statement has been running for long, and waits neither for a lock nor for what its client has yet to send."""
    found = _view(evidence, site, "statements")
    if found is None:
        return UNKNOWN
    slow = [r for r in _rows(found) if _of(r, "seconds") >= SLOW_S and r.get("wait") not in {"Lock", "Client"}]
    if slow:
        words = f"{_of(slow[0], 'seconds'):.0f} s of {_said(slow[0], 'statement')}"
        return seen([found], f"{len(slow)} statements run for long, one for {words}")
    return against([found], "no statement has been running for long")


def memory_is_full(evidence: Evidence, site: Site) -> Reading:
    """The server has reached its memory limit and may not evict anything."""
    found = _view(evidence, site, "memory")
    if found is None:
        return UNKNOWN
    used, limit, policy = _number(found, "used"), _number(found, "max"), text_field(found, "policy")
    if limit and used >= NEARLY * limit and policy == "noeviction":
        return seen([found], f"it holds {used:.0f} of {limit:.0f} bytes, and its policy is noeviction")
    return against([found], f"it holds {used:.0f} bytes, its limit is {limit:.0f} (0 means none), policy {policy}")


def takes_no_writes(evidence: Evidence, site: Site) -> Reading:
    """The server is a replica, or its settings make every transaction read-only."""
    found = _view(evidence, site, "role")
    if found is None:
        return UNKNOWN
    if field(found, "recovery") is True or text_field(found, "role") in {"slave", "replica"}:
        return seen([found], "it is a replica")
    if field(found, "read_only") is True:
        return seen([found], "its transactions are read-only by a setting")
    return against([found], "it takes writes")


def cannot_persist(evidence: Evidence, site: Site) -> Reading:
    """The server's last attempt to save its data failed."""
    found = _view(evidence, site, "persistence")
    if found is None:
        return UNKNOWN
    broken = [name for name in ("last_save", "last_write") if text_field(found, name) == "err"]
    if broken:
        return seen([found], f"its {' and '.join(broken).replace('_', ' ')} failed")
    return against([found], "its last attempt to save went well")


def setting_changed(*names: str) -> Read:
    """One of these settings (any, if none is named) differs from when the system was last proven well."""

    def read(evidence: Evidence, site: Site) -> Reading:
        changed = [o for o in _changes(evidence, site, "setting") if not names or text_field(o, "name") in names]
        if changed:
            words = ", ".join(f"{text_field(o, 'name')} {field(o, 'before')} -> {field(o, 'after')}" for o in changed)
            return seen(changed, f"against the last good state: {words}")
        return _same(evidence, site, "settings", "setting")

    return read


def schema_lacks(*kinds: str) -> Read:
    """A table, column or index that was there when the system was last proven well is not there any more."""

    def read(evidence: Evidence, site: Site) -> Reading:
        changed = [o for o in _changes(evidence, site, "schema") if _is_gone(o, kinds)]
        if changed:
            words = ", ".join(f"{text_field(o, 'kind')} {text_field(o, 'name')}" for o in changed)
            return seen(changed, f"missing against the last good state: {words}")
        return _same(evidence, site, "schema", "schema")

    return read


def lost(evidence: Evidence, site: Site, kind: str) -> list[Row]:
    """What was lost of this kind, with its definition."""
    return [
        {"name": field(o, "name"), "definition": field(o, "definition")}
        for o in _changes(evidence, site, "schema")
        if _is_gone(o, (kind,))
    ]


def unique_index_lost(evidence: Evidence, site: Site) -> Reading:
    """What was lost held values apart: statements that name such a conflict fail, however few rows there are."""
    gone = [o for o in _changes(evidence, site, "schema") if _is_gone(o, ("index",))]
    unique = [o for o in gone if "UNIQUE" in text_field(o, "definition").upper()]
    if unique:
        return seen(unique, f"statements may rely on {', '.join(text_field(o, 'name') for o in unique)} being unique")
    return against(gone, "what is missing was not unique") if gone else UNKNOWN


def tables_are_read_whole(evidence: Evidence, site: Site) -> Reading:
    """Many rows were read by going through whole tables since the system was well; the lost index' own, if one is."""
    found = _view(evidence, site, "scans")
    if found is None:
        return UNKNOWN
    definitions = " ".join(str(row["definition"]) for row in lost(evidence, site, "index"))
    rows = [r for r in _rows(found) if not definitions or f" {_said(r, 'table')} " in definitions]
    heavy = [r for r in rows if _of(r, "rows_read") >= MANY_ROWS]
    if heavy:
        return seen(
            [found], f"{_of(heavy[0], 'rows_read'):.0f} rows of {_said(heavy[0], 'table')} were read one by one"
        )
    return against([found], "hardly any rows were read by going through whole tables")


def statistics_are_stale(evidence: Evidence, site: Site) -> Reading:
    """A large table has changed so much since its statistics were made that plans go by a wrong picture."""
    found = _view(evidence, site, "tables")
    if found is None:
        return UNKNOWN
    stale = [r for r in _rows(found) if _is_stale(r)]
    if stale:
        words = f"{_of(stale[0], 'modified'):.0f} changes on {_of(stale[0], 'rows'):.0f} rows"
        return seen([found], f"{_said(stale[0], 'table')} was not analysed: {words}")
    return against([found], "the statistics of every large table are fresh")


def too_many_parts(evidence: Evidence, site: Site) -> Reading:
    """A partition has as many parts as the server takes, or nearly."""
    found, limits = _view(evidence, site, "parts"), _view(evidence, site, "limits")
    if found is None:
        return UNKNOWN
    limit = _number(limits, "parts_to_delay_insert") if limits else 0.0
    full = [r for r in _rows(found) if limit and _of(r, "parts") >= limit]
    if full:
        return seen(
            [found], f"{_said(full[0], 'table')} has {_of(full[0], 'parts'):.0f} parts, {limit:.0f} are allowed"
        )
    return against([found], "no partition has too many parts")


def has_error(*names: str) -> Read:
    """The server itself counts one of these errors among its recent ones."""

    def read(evidence: Evidence, site: Site) -> Reading:
        found = _view(evidence, site, "errors")
        if found is None:
            return UNKNOWN
        rows = [r for r in _rows(found) if _said(r, "name") in names]
        words = ", ".join(f"{_said(r, 'name')} {_of(r, 'count'):.0f} times" for r in rows)
        return seen([found], words) if rows else against([found], "the server counts no such error")

    return read


def slow_commands(evidence: Evidence, site: Site) -> Reading:
    """The slow log has recent commands that held everyone else up."""
    found = _view(evidence, site, "slow")
    if found is None:
        return UNKNOWN
    recent = [r for r in _rows(found) if _of(r, "age_s") <= RECENT_S and _of(r, "ms") >= HELD_UP_MS]
    if recent:
        worst = max(recent, key=lambda r: _of(r, "ms"))
        return seen([found], f"{_said(worst, 'command')} took {_of(worst, 'ms'):.0f} ms, and all others waited")
    return against([found], "no command of the last minutes was slow")


def _view(evidence: Evidence, site: Site, name: str) -> Observation | None:
    return evidence.get(site.component, f"server.{name}")


def _changes(evidence: Evidence, site: Site, kind: str) -> tuple[Observation, ...]:
    return evidence.all(site.component, f"server.{kind}_changed")


def _same(evidence: Evidence, site: Site, whole: str, kind: str) -> Reading:
    same = evidence.get(site.component, f"server.{whole}_unchanged")
    if same:
        return against([same], f"its {whole} are as they were when it was last proven well")
    other = _changes(evidence, site, kind)
    return against(other, f"only other parts of its {whole} differ") if other else UNKNOWN


def _is_gone(observation: Observation, kinds: Collection[str]) -> bool:
    return text_field(observation, "change") == "missing" and text_field(observation, "kind") in kinds


def _is_stale(row: Row) -> bool:
    return _of(row, "rows") >= MANY_ROWS and _of(row, "modified") >= STALE * _of(row, "rows")


def _was_left(row: Row) -> bool:
    holds = bool(row.get("locked")) or row.get("wrote") is True
    return holds and _said(row, "state").startswith("idle in transaction") and _of(row, "state_s") >= LEFT_S


def _waits(rows: list[Row]) -> str:
    first = next((r for r in rows if not r.get("holder_waits_too")), rows[0])
    held = f"{_said(first, 'relation') or 'rows'}, held by {_said(first, 'holder_application') or 'a client'}"
    since = f"({_said(first, 'holder_state')}, its transaction open for {_of(first, 'holder_open_s'):.0f} s)"
    return f"{len(rows)} statements wait up to {max(_of(r, 'waits_s') for r in rows):.0f} s for {held} {since}"


def _left(row: Row) -> str:
    who = _said(row, "application") or "a client"
    return f"a transaction of {who} that holds locks has done nothing for {_of(row, 'state_s'):.0f} s"


def _holders(found: Observation) -> str:
    by = field(found, "by")
    counts = {name: n for name, n in by.items() if isinstance(n, int)} if isinstance(by, dict) else {}
    if not counts:
        return ""
    name = max(counts, key=lambda n: counts[n])
    return f", {counts[name]} of them by {name}"


def _rows(found: Observation | None) -> list[Row]:
    value = found.value if found else None
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _number(found: Observation, name: str) -> float:
    value = field(found, name)
    if isinstance(value, str) and value.isdigit():
        return float(value)
    return number(value) or 0.0


def _of(row: Row, name: str) -> float:
    return number(row.get(name)) or 0.0


def _said(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)
