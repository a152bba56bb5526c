"""`netra data`: generate or import usage data."""

import asyncio
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeVar, get_args
from uuid import UUID

import click
from pydantic import BaseModel
from rich.console import Console
from rich.progress import Progress

from netra.analytics.database import Database
from netra.analytics.generator import GenerationPlan
from netra.analytics.ingest.columns import parse_map
from netra.analytics.ingest.formats import FormatName
from netra.analytics.ingest.generated import GenerationSummary, import_generated
from netra.analytics.ingest.importer import ImportRequest, ImportSummary, import_file
from netra.cli.tenants import Owner, for_tenant

Output = Literal["text", "json"]
Result = TypeVar("Result", bound=BaseModel)

output_option = click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
email_option = click.option("--email", default="", help="Account whose tenant gets the data.")
tenant_option = click.option("--tenant", type=click.UUID, help="Tenant that gets the data.")


@click.group()
def command() -> None:
    """Generate or import usage data."""


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "columns", default="", help="field=Column,…, such as at=TIMESTAMP; known names need none.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(get_args(FormatName)),
    default="auto",
    show_default=True,
    help="Whose export it is; `columns`: nobody's, each field has a column.",
)
@click.option("--workload", default="", help="Workload of rows that name none; the file's name by default.")
@click.option("--model", default="", help="Model of rows that name none.")
@click.option("--dimension", "dimensions", multiple=True, help="Column to keep with each row; may be repeated.")
@click.option("--source", default="", help="Rows of different sources are never taken for the same, however equal.")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Where rejected rows go.")
@email_option
@tenant_option
@output_option
def import_command(
    *,
    file: Path,
    columns: str,
    format_name: FormatName,
    workload: str,
    model: str,
    dimensions: tuple[str, ...],
    source: str,
    rejects: Path | None,
    email: str,
    tenant: UUID | None,
    output: Output,
) -> None:
    """Import a CSV, JSON lines, JSON (each also as .gz) or Parquet file; importing it again adds only what is new.

    Exports of LiteLLM, Langfuse and Helicone are known by their columns and need no map.

    Rows that cannot be read are counted, named by line and written beside the file; the others are imported all at
    once. Exit 1 when not one row could be read.
    """
    mapped = parse_map(columns)

    async def work(database: Database, tenant_id: UUID) -> ImportSummary:
        request = ImportRequest(
            tenant_id=tenant_id,
            path=file,
            columns=mapped,
            format=format_name,
            workload=workload,
            model=model,
            dimensions=dimensions,
            source=source,
            rejects=rejects,
        )
        with _bar(f"Importing {file.name}", output) as progress:
            return await import_file(database, request, progress)

    summary = asyncio.run(for_tenant(Owner(email=email, tenant=tenant), work))
    _print(summary, output, _import_lines)
    sys.exit(1 if summary.rows and summary.rejected == summary.rows else 0)


@command.command("generate")
@click.option("--days", type=click.IntRange(2, 730), default=30, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True, help="Equal seeds give equal data.")
@click.option("--requests-per-day", type=click.IntRange(10, 100_000), default=1000, show_default=True)
@click.option("--end", type=click.DateTime(["%Y-%m-%d"]), help="The day after the last one; today (UTC) by default.")
@email_option
@tenant_option
@output_option
def generate_command(
    *,
    days: int,
    seed: int,
    requests_per_day: int,
    end: datetime | None,
    email: str,
    tenant: UUID | None,
    output: Output,
) -> None:
    """Generate realistic usage data with one known cost jump, whose truth is printed."""
    last = (end or datetime.now(UTC)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    plan = GenerationPlan(end=last, days=days, seed=seed, requests_per_day=requests_per_day)

    async def work(database: Database, tenant_id: UUID) -> GenerationSummary:
        return await import_generated(database, tenant_id, plan)

    _print(asyncio.run(for_tenant(Owner(email=email, tenant=tenant), work)), output, _generate_lines)


@contextmanager
def _bar(title: str, output: Output) -> Generator[Callable[[float, int], None]]:
    """A progress bar on a terminal, else nothing."""
    shown = output == "text" and sys.stderr.isatty()
    with Progress(console=Console(stderr=True), disable=not shown, transient=True) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda share, rows: bar.update(task, completed=share, description=f"{title}: {rows:,} rows")


def _print(result: Result, output: Output, lines: Callable[[Result], list[str]]) -> None:
    print(result.model_dump_json() if output == "json" else "\n".join(lines(result)))


def _import_lines(summary: ImportSummary) -> list[str]:
    counts = f"{summary.imported:,} imported, {summary.already_there:,} already there, {summary.rejected:,} rejected"
    into = f"workload {summary.workload}, tenant {summary.tenant_id}"
    lines = [f"{summary.file}: {summary.rows:,} rows: {counts} ({into})"]
    if summary.format != "columns":
        lines.append(f"read as an export of {summary.format}; {summary.skipped:,} rows are no calls of a model")
    if summary.unpriced:
        lines.append(f"{summary.unpriced:,} rows have no known price: their cost is unknown, not 0")
    lines += [f"line {reject.line}: {reject.reason}" for reject in summary.rejects]
    if summary.rejects_file:
        lines.append(f"all {summary.rejected:,} rejected rows are in {summary.rejects_file}")
    return lines


def _generate_lines(summary: GenerationSummary) -> list[str]:
    truth = summary.truth
    counts = f"{summary.imported:,} imported, {summary.already_there:,} already there"
    costs = f"${truth.cost_per_day_before_usd:.4f} to ${truth.cost_per_day_after_usd:.4f} a day"
    return [
        f"{summary.requests:,} requests: {counts} (tenant {summary.tenant_id})",
        f"truth: from {truth.at:%Y-%m-%d} on, in {truth.workload}, {truth.what}: its cost goes from {costs}",
    ]
