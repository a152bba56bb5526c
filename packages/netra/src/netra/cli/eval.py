"""`netra eval`: questions with known answers, asked through the front door, and how many were answered right."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import click
from rich.console import Console
from rich.table import Table

from netra.cli.examination import examine
from netra.cli.harmless import harmless
from netra.cli.serving import served
from netra.errors import InvalidError
from netra.evals.cases import FILES, TRAFFIC, Case, cases
from netra.evals.grading import Grade
from netra.evals.rows import seeded, traffic
from netra.settings.contract import process_environment

Output = Literal["text", "json"]


@click.command()
@click.option("--url", default="", help="Address of the server; NETRA_URL by default, else the one of this folder.")
@click.option(
    "--traffic",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also ask about real traffic: a folder of CSV files with TIMESTAMP, ContextTokens and GeneratedTokens.",
)
@click.option("--only", default="", help="Only questions whose id or kind contains this, and those they go on from.")
@click.option("--answers", is_flag=True, help="Print the answers too.")
@click.option("--llm/--no-llm", default=False, help="When a server is started for this: with the small model.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
def command(*, url: str, folder: Path | None, only: str, answers: bool, llm: bool, output: Output) -> None:
    """Ask questions whose answers are known, and check every number, the order of agents and what is refused.

    A new account gets seeded data whose truth is worked out of the rows in plain Python; the account and its data are
    deleted afterwards. Exit 1 when a question is not answered as it must be.
    """
    grades = asyncio.run(_examined(process_environment(), url, folder, only, llm=llm, shown=output == "text"))
    if output == "json":
        print(json.dumps({**summary(grades), "questions": [grade.model_dump(mode="json") for grade in grades]}))
    else:
        _print(grades, Console(highlight=False), answers=answers)
    sys.exit(0 if grades and all(grade.passed for grade in grades) else 1)


async def _examined(
    given: Mapping[str, str], url: str, folder: Path | None, only: str, *, llm: bool, shown: bool
) -> list[Grade]:
    progress = Console(stderr=True, highlight=False, quiet=not shown)

    def told(grade: Grade) -> None:
        mark = "[green]right[/]" if grade.passed else "[red]wrong[/]"
        progress.print(f"{mark} {grade.id} ({grade.seconds:.2f} s)")

    async with _address(url or given.get("NETRA_URL", ""), given, llm=llm) as address:
        grades = await examine(address, seeded(datetime.now(UTC)), chosen(cases(*FILES), only), told)
        if folder is not None:
            rows = traffic(folder)
            if not rows:
                raise InvalidError("holds no such CSV file", where="--traffic")
            grades += await examine(address, rows, chosen(cases(TRAFFIC), only), told)
    return grades


@asynccontextmanager
async def _address(url: str, given: Mapping[str, str], *, llm: bool) -> AsyncGenerator[str]:
    if url:
        yield url.rstrip("/")
        return
    async with served(given, llm=llm) as settings:
        yield f"http://{settings.web.host}:{settings.web.port}"


def chosen(questions: Sequence[Case], only: str) -> list[Case]:
    """The questions whose id or kind contains the word, with those that they go on from, in order."""
    wanted = {case.id for case in questions if only in case.id or only in case.kind}
    for case in reversed(questions):
        if case.id in wanted and case.after:
            wanted.add(case.after)
    return [case for case in questions if case.id in wanted]


def summary(grades: Sequence[Grade]) -> dict[str, int | float]:
    """All questions together."""
    numbers, right = sum(g.numbers for g in grades), sum(g.numbers_right for g in grades)
    return {
        "asked": len(grades),
        "passed": sum(g.passed for g in grades),
        "numbers": numbers,
        "numbers_right": right,
        "numbers_right_pct": round(right * 100 / numbers, 2) if numbers else 100.0,
        "seconds": round(sum(g.seconds for g in grades), 3),
    }


def _print(grades: Sequence[Grade], console: Console, *, answers: bool) -> None:
    for grade in grades:
        if answers:
            console.rule(f"{grade.id}: {harmless(grade.question)}", style="dim")
            console.print(harmless(grade.answer), markup=False)
        for problem in grade.problems:
            console.print(f"{grade.id}: {harmless(problem)}", style="red", markup=False)
    table = Table("kind", title="netra eval")
    for column in ("questions", "answered right", "numbers", "numbers right", "median s"):
        table.add_column(column, justify="right")
    kinds = dict.fromkeys(grade.kind for grade in grades)
    for kind in kinds:
        table.add_row(kind, *_row([grade for grade in grades if grade.kind == kind]))
    table.add_section()
    table.add_row("all", *_row(grades))
    console.print(table)


def _row(grades: Sequence[Grade]) -> list[str]:
    found = summary(grades)
    median = sorted(grade.seconds for grade in grades)[len(grades) // 2] if grades else 0.0
    counts = [f"{found[name]:,}" for name in ("asked", "passed", "numbers", "numbers_right")]
    return [*counts, f"{median:.2f}"]
