"""Usage data whose answers are known, because they are counted here from the same rows."""

import csv
import random
import statistics
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

WORKLOADS = {"checkout": "gpt-4o", "search": "gpt-4o-mini"}
ROWS_OF = {"checkout": 61, "search": 36}
"""Odd and even, so that both kinds of median occur."""
COLUMNS = ("at", "workload", "model", "input_tokens", "output_tokens", "latency_ms", "status")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One row of usage."""

    at: datetime
    workload: str
    input_tokens: int
    output_tokens: int
    latency_ms: float


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What a direct count of some rows gives."""

    requests: int
    input_tokens: int
    output_tokens: int
    input_median: float
    output_median: float


def generate(seed: str) -> list[Request]:
    """Two workloads over the last ten days, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - data, not secrets
    first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=10)
    return [
        Request(
            at=first + timedelta(hours=2 * number, minutes=chance.randrange(60)),
            workload=workload,
            input_tokens=chance.randrange(50, 4000),
            output_tokens=chance.randrange(10, 900),
            latency_ms=float(chance.randrange(200, 5000)),
        )
        for workload, rows in ROWS_OF.items()
        for number in range(rows)
    ]


def count(rows: list[Request], workload: str = "") -> Counted:
    """Count the rows of one workload, or all."""
    chosen = [row for row in rows if workload in {"", row.workload}]
    return Counted(
        requests=len(chosen),
        input_tokens=sum(row.input_tokens for row in chosen),
        output_tokens=sum(row.output_tokens for row in chosen),
        input_median=statistics.median(row.input_tokens for row in chosen),
        output_median=statistics.median(row.output_tokens for row in chosen),
    )


def write_csv(rows: list[Request], path: Path) -> None:
    """Write the rows as a file that `netra data import` reads."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            tokens = (row.input_tokens, row.output_tokens, row.latency_ms)
            writer.writerow((row.at.isoformat(), row.workload, WORKLOADS[row.workload], *tokens, "ok"))
