"""Migrations are judged before they run: what takes away, what was edited, what comes in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.checks.migrations import breaches, check_migrations, statements
from goldenpath.probes.record import Recorder

BEFORE = {"0001_core": "create table a (id int);", "0002_more": "alter table a add column b text;"}


def rules(**new: str) -> list[tuple[str, str]]:
    return [(b.name, b.rule) for b in breaches(BEFORE, {**BEFORE, **{f"m{name}": sql for name, sql in new.items()}})]


@pytest.mark.parametrize(
    "sql",
    [
        "drop table a;",
        "DROP TABLE IF EXISTS a CASCADE",
        "alter table a drop column b",
        "alter table a drop b",
        "alter table only a rename column b to c",
        "alter table a rename to c",
        "alter table a alter column b type int using b::int",
        "alter table a alter b set not null",
        "alter table a add column c int not null",
        "truncate a",
        "delete from a;",
        "-- first a word\nselect 1; /* then */ drop schema s",
    ],
)
def test_what_takes_away_is_found(sql: str) -> None:
    assert rules(x=sql) == [("mx", "destructive")]


@pytest.mark.parametrize(
    "sql",
    [
        "create table c (id int not null)",
        "alter table a add column c int not null default 0",
        "alter table a add column c int",
        "alter table a drop constraint a_check",
        "alter table a alter column b drop not null",
        "create index a_b on a (b)",
        "delete from a where id = 1",
        "-- drop table a\nselect 'drop table a'",
        "create function f() returns int language sql as $$ select 1; drop table a $$",
    ],
)
def test_what_only_adds_is_let_through(sql: str) -> None:
    assert rules(x=sql) == []


def test_an_edited_one_and_one_in_between_are_found() -> None:
    edited = {**BEFORE, "0001_core": "create table a (id bigint);"}
    assert [(b.name, b.rule) for b in breaches(BEFORE, edited)] == [("0001_core", "changed_afterwards")]
    between = {**BEFORE, "0001_zzz": "select 1"}
    assert [(b.name, b.rule) for b in breaches(BEFORE, between)] == [("0001_zzz", "out_of_order")]


def test_an_older_revision_may_be_deployed_and_it_is_shown() -> None:
    _, findings = check_migrations(Recorder(), BEFORE, {"0001_core": BEFORE["0001_core"]})
    assert [(f.verdict, f.required) for f in findings] == [("fail", False)]


def test_without_a_serving_revision_everything_may_be_made_anew() -> None:
    seen, findings = check_migrations(Recorder(), {}, {"0001_core": "drop table a"})
    assert [(f.verdict, o.name) for f, o in zip(findings, seen, strict=True)] == [("pass", "migration.ok")]


@given(st.text(alphabet="ab;'$-/*\n ", max_size=60))
def test_any_text_is_taken_apart(sql: str) -> None:
    assert all(s == " ".join(s.split()) and s for s in statements(sql))


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.text("xy;", max_size=5), max_size=5))
def test_the_same_migrations_break_nothing(texts: dict[str, str]) -> None:
    assert breaches(texts, texts) == ()
