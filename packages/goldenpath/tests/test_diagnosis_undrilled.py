"""Causes that no drill brings about yet: what the probes would note of each leads to it, and to no other."""

from collections.abc import Callable

import pytest
from diagnosis_bench import SYSTEM, Notebook, named
from pydantic import JsonValue

from goldenpath.diagnosis.engine import diagnose

POSTGRES = ("web->postgres", "worker->postgres")
REDIS = ("web->redis", "worker->redis")
LONG: JsonValue = [{"pid": 7, "seconds": 41.0, "wait": "IO", "statement": "select * from runs"}]
OLD: JsonValue = [{"table": "public.runs", "rows": 2_000_000, "modified": 1_900_000}]
VIEWS: dict[str, JsonValue] = {"blocked": [], "transactions": [], "statements": [], "tables": []}


def unknown_variable(book: Notebook) -> None:
    book.healthy("env")
    book.env(("PG_HSOT", "unknown"), changed={"PG_HSOT": "added"})


def tls_that_one_side_does_not_speak(book: Notebook) -> None:
    book.healthy(*REDIS)
    for edge in REDIS:
        book.edge(edge, fails=("tls", "CLOSED"))


def server_that_starts_up(book: Notebook) -> None:
    book.healthy(*POSTGRES)
    for edge in POSTGRES:
        book.edge(edge, fails=("auth", "starting_up"))


def _slow_server(book: Notebook, **views: JsonValue) -> None:
    book.healthy(*POSTGRES)
    for edge in POSTGRES:
        book.edge(edge, ms={"query": 4000.0})
    for name, rows in {**VIEWS, **views}.items():
        book.note("postgres", f"server.{name}", rows)


def statement_that_takes_long(book: Notebook) -> None:
    _slow_server(book, statements=LONG)


def plans_by_old_statistics(book: Notebook) -> None:
    _slow_server(book, statements=LONG, tables=OLD)


@pytest.mark.parametrize(
    ("write", "cause"),
    [
        (unknown_variable, ("variable_unknown", "web")),
        (tls_that_one_side_does_not_speak, ("tls_failed", "redis")),
        (server_that_starts_up, ("server_state", "postgres")),
        (statement_that_takes_long, ("statement_slow", "postgres")),
        (plans_by_old_statistics, ("statistics_stale", "postgres")),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_the_cause_comes_first(write: Callable[[Notebook], None], cause: tuple[str, str]) -> None:
    book = Notebook()
    write(book)
    diagnosis = diagnose(SYSTEM, book.observations)
    assert named(diagnosis) == [cause]
    assert diagnosis.verdict == "fail"
