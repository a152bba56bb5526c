"""Which column of a file holds which field of an event."""

from collections.abc import Mapping, Sequence

from netra.errors import InvalidError

REQUIRED = ("at", "input_tokens", "output_tokens")
KNOWN: Mapping[str, tuple[str, ...]] = {
    "at": ("at", "timestamp", "time", "created_at", "start_time", "date"),
    "input_tokens": ("input_tokens", "prompt_tokens", "contexttokens", "tokens_in"),
    "output_tokens": ("output_tokens", "completion_tokens", "generatedtokens", "tokens_out"),
    "cached_tokens": ("cached_tokens", "cached_input_tokens", "cache_read_input_tokens", "cache_read_tokens"),
    "workload": ("workload", "service", "application", "app", "project"),
    "model": ("model", "model_name", "model_id"),
    "provider": ("provider",),
    "latency_ms": ("latency_ms", "duration_ms", "latency"),
    "cost_usd": ("cost_usd", "cost", "total_cost"),
    "status": ("status", "outcome"),
    "event_id": (),
}
"""Each field with the column names that are taken for it when nobody says otherwise, in lower case, best first.

An id is taken only when it is asked for: the same file imported before without it would be there twice."""


def parse_map(text: str) -> dict[str, str]:
    """Read `field=Column,field=Column`; raises InvalidError that names the part that is wrong."""
    pairs: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        field, separator, column = part.partition("=")
        if not separator or not column or field not in KNOWN:
            raise InvalidError(f"{part!r} is not field=Column", where="--map", hint="fields: " + ", ".join(KNOWN))
        if field in pairs:
            raise InvalidError(f"{field} is mapped twice", where="--map")
        pairs[field] = column
    return pairs


def resolve(columns: Sequence[str], asked: Mapping[str, str]) -> dict[str, str]:
    """The column of each field: as asked, else by its known names; raises InvalidError when a needed one is missing."""
    absent = [column for column in asked.values() if column not in columns]
    if absent:
        raise InvalidError(
            f"there is no column {', '.join(absent)}", where="--map", hint="the file has " + ", ".join(columns)
        )
    by_name = {column.lower(): column for column in columns}
    found = {f: by_name[n] for f, names in KNOWN.items() for n in reversed(names) if n in by_name}
    result = {**found, **asked}
    missing = [field for field in REQUIRED if field not in result]
    if missing:
        raise InvalidError(
            f"no column for {', '.join(missing)} among {', '.join(columns)}",
            where="--map",
            hint="say which, such as --map " + ",".join(f"{field}=COLUMN" for field in missing),
        )
    return result
