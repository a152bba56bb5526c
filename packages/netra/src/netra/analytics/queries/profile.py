"""What data there is: requests, period, workloads, models, and how complete it is."""

import math
from datetime import datetime, timedelta
from typing import Any, Literal

from netra.analytics.quantities import share_pct
from netra.analytics.scope import QUERIES, Frozen, Scope, TenantReader

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOURLY_UP_TO = timedelta(days=3)
"""Coverage of at most this long a period is counted in hours, of a longer one in days."""
MAX_NAMES = 200
MICROSECOND = timedelta(microseconds=1)
COUNTS = ("requests", "priced", "measured", "errors", "hours", "days")
NOTHING: dict[str, Any] = {**dict.fromkeys(COUNTS, 0), "first_at": None, "last_at": None}
"""The row of all requests when there is none."""


class NameProfile(Frozen):
    """One workload or model, with its requests and its first and last one."""

    name: str
    requests: int
    first_at: datetime
    last_at: datetime


class DataProfile(Frozen):
    """What the tenant's data holds within the asked scope."""

    requests: int
    first_at: datetime | None
    last_at: datetime | None
    errors: int
    priced: int
    unpriced: int
    """Requests without a known price; they are in no cost."""
    priced_pct: float | None
    measured: int
    """Requests with a latency."""
    measured_pct: float | None
    bucket: Literal["hour", "day"]
    buckets: int
    """Hours or days the asked period touches; the data's own first to last when none was asked."""
    filled_buckets: int
    """Of these, how many hold at least one request."""
    coverage_pct: float | None
    workloads: tuple[NameProfile, ...]
    models: tuple[NameProfile, ...]
    workloads_total: int
    models_total: int


async def profile(reader: TenantReader, scope: Scope) -> DataProfile:
    """Describe the data in this scope."""
    rows = await reader.rows(QUERIES["profile"], scope, {"limit": MAX_NAMES})
    whole = next((row for row in rows if row["kind"] == "all"), NOTHING)
    start = scope.start or whole["first_at"]
    end = scope.end or (whole["last_at"] + MICROSECOND if whole["last_at"] else None)
    step = HOUR if not start or not end or end - start <= HOURLY_UP_TO else DAY
    return _profile(whole, rows, step=step, buckets=touched(start, end, step) if start and end else 0)


def touched(start: datetime, end: datetime, step: timedelta) -> int:
    """How many steps of time, counted from midnight UTC, the period touches."""
    return math.ceil(end.timestamp() / step.total_seconds()) - math.floor(start.timestamp() / step.total_seconds())


def _profile(row: dict[str, Any], names: list[dict[str, Any]], *, step: timedelta, buckets: int) -> DataProfile:
    requests, filled = row["requests"], row["hours" if step == HOUR else "days"]
    return DataProfile(
        requests=requests,
        first_at=row["first_at"],
        last_at=row["last_at"],
        errors=row["errors"],
        priced=row["priced"],
        unpriced=requests - row["priced"],
        priced_pct=share_pct(row["priced"], requests),
        measured=row["measured"],
        measured_pct=share_pct(row["measured"], requests),
        bucket="hour" if step == HOUR else "day",
        buckets=buckets,
        filled_buckets=filled,
        coverage_pct=share_pct(filled, buckets),
        workloads=_named("workload", names),
        models=_named("model", names),
        workloads_total=_total("workload", names),
        models_total=_total("model", names),
    )


def _named(kind: str, names: list[dict[str, Any]]) -> tuple[NameProfile, ...]:
    fields = ("name", "requests", "first_at", "last_at")
    return tuple(NameProfile(**{f: row[f] for f in fields}) for row in names if row["kind"] == kind)


def _total(kind: str, names: list[dict[str, Any]]) -> int:
    return next((row["total"] for row in names if row["kind"] == kind), 0)
