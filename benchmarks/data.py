"""Usage data: how fast a Parquet file is imported, and how long questions take over ten million events.

    uv run python benchmarks/data.py [--rows 1000000] [--events 10000000] [--repeats 20]

Everything runs on this machine: the embedded ClickHouse, the product's own import and the agents' own tools. JSON lines
go to stdout, a table to stderr.
"""

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import click
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs] - ships none
from processes import Others
from pyarrow import parquet  # pyright: ignore[reportMissingTypeStubs] - ships none

from netra.analytics import schema
from netra.analytics.database import Database
from netra.analytics.ingest.commit import mark
from netra.analytics.ingest.importer import ImportRequest, import_file
from netra.embedded.stack import start_stack
from netra.errors import ToolError
from netra.settings.contract import load
from netra.settings.timeouts import Timeouts
from netra.stores import clickhouse, migrations, postgres
from netra.tools.catalogue import TOOLS
from netra.tools.registry import ToolContext, parse_arguments

END = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 90
MODELS = (
    ("gpt-4o", "openai"),
    ("gpt-4o-mini", "openai"),
    ("claude-sonnet-4-5", "anthropic"),
    ("deepseek-chat", "deepseek"),
)
WORKLOADS = ("chat", "search", "support", "summaries", "code", "agents", "batch", "eval")
PATIENT = Timeouts(tool_s=600, agent_s=610, run_s=620, client_wait_s=630)
"""Filling the table takes longer than any question may."""
FILL = """
insert into workload_events (tenant_id, event_id, import_id, at, workload, model, provider, input_tokens, output_tokens,
                             cached_tokens, latency_ms, cost_usd, status)
select
    {tenant_id:UUID}, generateUUIDv4(number), {import_id:UUID},
    toDateTime64({start:String}, 6, 'UTC') + toIntervalMicrosecond(number * intDiv({span_us:UInt64}, {events:UInt64})),
    {workloads:Array(String)}[1 + cityHash64(number, 1) % length({workloads:Array(String)})],
    {models:Array(String)}[1 + cityHash64(number, 2) % length({models:Array(String)}) as m],
    {providers:Array(String)}[m + 0],
    100 + cityHash64(number, 3) % 4000, 10 + cityHash64(number, 4) % 800, cityHash64(number, 5) % 100,
    200 + cityHash64(number, 6) % 9000, toDecimal64((cityHash64(number, 7) % 100000) / 1e6, 12),
    if(cityHash64(number, 8) % 200 = 0, 'timeout', 'ok')
from numbers({first:UInt64}, {count:UInt64})
"""
PIECE = 1_000_000


def asked() -> Mapping[str, tuple[str, dict[str, Any]]]:
    """The questions by what they are called, each a tool and its arguments; the week begins at no whole hour."""
    week = {"start": (END - timedelta(days=20, minutes=17)).isoformat(), "end": (END - timedelta(days=13)).isoformat()}
    two = {
        "baseline_start": (END - timedelta(days=60)).isoformat(),
        "baseline_end": (END - timedelta(days=30)).isoformat(),
        "current_start": (END - timedelta(days=30)).isoformat(),
        "current_end": END.isoformat(),
    }
    month = {"start": (END - timedelta(days=30)).isoformat(), "end": END.isoformat()}
    return {
        "what data is there": ("data_profile", {}),
        "cost by model": ("cost_breakdown", {"by": "model"}),
        "cost by day": ("cost_breakdown", {"by": "day"}),
        "cost by workload, a week": ("cost_breakdown", {"by": "workload", **week}),
        "cost of one workload": ("cost_breakdown", {"by": "model", "workloads": ["chat"]}),
        "usage by day": ("usage_over_time", {"step": "day"}),
        "usage by hour, a week": ("usage_over_time", {"step": "hour", **week}),
        "latency by model": ("latency_percentiles", {"by": "model"}),
        "latency by model, a week": ("latency_percentiles", {"by": "model", **week}),
        "tokens by workload": ("token_statistics", {"by": "workload"}),
        "what drove the month's cost": ("change_drivers", two),
        "anomalies by day": ("anomalies", {"step": "day"}),
        "anomalies by hour, a month": ("anomalies", {"step": "hour", **month}),
        "forecast": ("forecast_cost", {}),
        "models compared": ("compare_models", {}),
        "what moves together": ("correlate", {}),
    }


@click.command()
@click.option("--rows", default=1_000_000, show_default=True, type=click.IntRange(0), help="Of the Parquet file.")
@click.option("--events", default=10_000_000, show_default=True, type=click.IntRange(0), help="That are asked about.")
@click.option("--repeats", default=20, show_default=True, type=click.IntRange(2), help="Of each question.")
def main(*, rows: int, events: int, repeats: int) -> None:
    """Measure, print JSON lines, then the table."""
    with tempfile.TemporaryDirectory(prefix="netra-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, PostgreSQL runs as another user, who must be able to enter
        asyncio.run(_measure(folder, rows, events, repeats))


async def _measure(folder: Path, rows: int, events: int, repeats: int) -> None:
    # The servers are children, counted once they have ended.
    others = Others(())
    async with _opened(folder) as context:
        if rows:
            _say(await _imported(context, folder / "usage.parquet", rows))
        if events:
            _say({"type": "filled", "events": events, "seconds": await _filled(context, events)})
            lines = [await _timed(context, name, *question, repeats) for name, question in asked().items()]
            for line in lines:
                _say(line)
            _table(lines)
    _say({"type": "disturbance", "share_pct": round(100 * others.share())})


@asynccontextmanager
async def _opened(folder: Path) -> AsyncGenerator[ToolContext]:
    async with start_stack(folder / "state") as stack:
        settings = load({"ENVIRONMENT": "test", "NETRA_REVISION": "benchmark", **stack.environ})
        client = await clickhouse.open_client(settings.clickhouse, timeouts=PATIENT)
        await schema.ensure(client)
        async with postgres.pool(settings.postgres) as pool:
            await migrations.migrate(pool)
            yield ToolContext(tenant_id=uuid4(), user_id=uuid4(), clickhouse=client, pool=pool, now=END)
        await client.close()


async def _imported(context: ToolContext, path: Path, rows: int) -> dict[str, Any]:
    """Import a file of what applications export: a tenth of the requests has no latency, two models have a price."""
    draw = random.Random(7)  # noqa: S311 - data, no secret
    moments = [END - timedelta(seconds=n) for n in range(rows)]
    named = [MODELS[draw.randrange(len(MODELS))] for _ in range(rows)]
    columns: dict[str, list[Any]] = {
        "timestamp": moments,
        "workload": draw.choices(WORKLOADS, k=rows),
        "model": [model for model, _ in named],
        "provider": [provider for _, provider in named],
        "input_tokens": [draw.randrange(5000) for _ in range(rows)],
        "output_tokens": [draw.randrange(800) for _ in range(rows)],
        "latency_ms": [None if n % 10 == 0 else draw.random() * 9000 for n in range(rows)],
        "status": draw.choices(("ok", "timeout"), (199, 1), k=rows),
    }
    cast("Any", parquet).write_table(cast("Any", pa).table(columns), path)
    request = ImportRequest(tenant_id=uuid4(), path=path, columns={})
    began = time.perf_counter()
    summary = await import_file(Database(context.clickhouse), request)
    took = time.perf_counter() - began
    if summary.imported != rows:
        message = f"{summary.imported} of {rows} rows were imported"
        raise RuntimeError(message)
    return {"type": "import", "rows": rows, "seconds": round(took, 2), "rows_per_s": round(rows / took)}


async def _filled(context: ToolContext, events: int) -> float:
    """Fill the table as imports would, by ClickHouse itself, for reading ten million rows of Python takes minutes."""
    database, import_id = Database(context.clickhouse), uuid4()
    began = time.perf_counter()
    for first in range(0, events, PIECE):
        await database.run(FILL, _filling(context.tenant_id, import_id, events, first))
    await database.insert("workload_imports", [mark(context.tenant_id, import_id, "benchmark", events)])
    return round(time.perf_counter() - began, 1)


def _filling(tenant_id: UUID, import_id: UUID, events: int, first: int) -> dict[str, Any]:
    return {
        "tenant_id": str(tenant_id),
        "import_id": str(import_id),
        "start": f"{END - timedelta(days=DAYS):%Y-%m-%d %H:%M:%S}",
        "span_us": DAYS * 86_400_000_000,
        "events": events,
        "first": first,
        "count": min(PIECE, events - first),
        "workloads": list(WORKLOADS),
        "models": [model for model, _ in MODELS],
        "providers": [provider for _, provider in MODELS],
    }


async def _timed(context: ToolContext, name: str, tool: str, arguments: dict[str, Any], repeats: int) -> dict[str, Any]:
    """How long the tool takes to answer; the first time counts like any other."""
    parameters = parse_arguments(TOOLS[tool], arguments)
    times: list[float] = []
    for _ in range(repeats):
        began = time.perf_counter()
        try:
            await TOOLS[tool].run(context, parameters)
        except ToolError as error:
            return {"type": "question", "question": name, "tool": tool, "refused": error.message}
        times.append((time.perf_counter() - began) * 1000)
    p95 = statistics.quantiles(times, n=20, method="inclusive")[-1]
    return {
        "type": "question",
        "question": name,
        "tool": tool,
        "p50_ms": round(statistics.median(times)),
        "p95_ms": round(p95),
        "most_ms": round(max(times)),
    }


def _say(line: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _table(lines: list[dict[str, Any]]) -> None:
    sys.stderr.write("| question | tool | p50 ms | p95 ms | most ms |\n|---|---|---|---|---|\n")
    for line in lines:
        cells = [line.get(name, "refused") for name in ("question", "tool", "p50_ms", "p95_ms", "most_ms")]
        sys.stderr.write("| " + " | ".join(map(str, cells)) + " |\n")


if __name__ == "__main__":
    main()
