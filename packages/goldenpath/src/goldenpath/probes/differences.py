"""What differs between two looks at the same server; pure."""

from collections.abc import Iterator

from pydantic import JsonValue

from goldenpath.probes.views import part, whole

MOST = 20
"""Differences that are noted: more mean another schema, not a fault of one."""
Difference = dict[str, JsonValue]


def setting_changes(before: JsonValue, after: JsonValue) -> tuple[Difference, ...]:
    """Settings whose value differs, by name."""
    then, now = _object(before), _object(after)
    return tuple(
        {"name": name, "before": then.get(name), "after": now.get(name)}
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    )[:MOST]


def schema_changes(before: JsonValue, after: JsonValue) -> tuple[Difference, ...]:
    """Tables, columns and indexes that are missing, new or different."""
    return tuple(_schema_changes(before, after))[:MOST]


def table_scans(before: JsonValue, after: JsonValue) -> tuple[Difference, ...]:
    """Rows that were read by going through whole tables, by table, most first."""
    then = {str(part(row, "table")): whole(row, "seq_tup_read") for row in _rows(before)}
    scans: list[Difference] = []
    for row in _rows(after):
        # Counters that went back were set back: then all of it is new.
        read, earlier = whole(row, "seq_tup_read"), then.get(str(part(row, "table")), 0)
        grown = read - earlier if read >= earlier else read
        scans.append({"table": part(row, "table"), "rows_read": grown, "rows": whole(row, "rows")})
    return tuple(sorted(scans, key=lambda s: (-whole(s, "rows_read"), str(s["table"]))))[:MOST]


def _rows(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _schema_changes(before: JsonValue, after: JsonValue) -> Iterator[Difference]:
    then, now = _object(part(before, "tables")), _object(part(after, "tables"))
    yield from _changes("table", dict.fromkeys(then), dict.fromkeys(now))
    for table in sorted(then.keys() & now.keys()):
        for change in _changes("column", _object(then[table]), _object(now[table])):
            yield {**change, "name": f"{table}.{change['name']}"}
    gone = sorted(then.keys() - now.keys())
    yield from (
        change
        for change in _changes("index", _object(part(before, "indexes")), _object(part(after, "indexes")))
        if not _is_of(change, gone)
    )


def _changes(kind: str, then: Difference, now: Difference) -> Iterator[Difference]:
    for name in sorted({*then, *now}):
        if name not in now:
            yield {"kind": kind, "name": name, "change": "missing", "definition": then[name]}
        elif name not in then:
            yield {"kind": kind, "name": name, "change": "new", "definition": now[name]}
        elif then[name] != now[name]:
            yield {"kind": kind, "name": name, "change": "different", "definition": then[name]}


def _is_of(change: Difference, tables: list[str]) -> bool:
    """Whether an index went with its table."""
    definition = f"{change['definition']} "
    return any(f" ON {table} " in definition for table in tables)


def _object(value: JsonValue) -> Difference:
    return dict(value) if isinstance(value, dict) else {}
