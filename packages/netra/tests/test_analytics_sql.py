"""SQL of others: what it may ask, and what it may not, whoever tries."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from netra_usage import Usage, event, opened

from netra.analytics.database import Database
from netra.analytics.guarded.functions import allowed
from netra.analytics.guarded.text import Text
from netra.analytics.guarded.tree import check, parsed
from netra.analytics.guarded.wall import TABLES
from netra.analytics.queries.sql import SqlResult
from netra.analytics.scope import Scope, TenantReader
from netra.errors import ToolError
from netra.settings.model import Settings

START = datetime(2026, 3, 1, tzinfo=UTC)
SECRET = "their-secret-workload"
WORDS = """
select from events workload_events system.tables where in ( ) , * 1 'a' " ` -- /* */ ; union all join with as x
settings readonly = 0 url( file( numbers(3) { } \\ $ [ ] . :: -> not exists tenant_id format into outfile
"""


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


@pytest.fixture(scope="module")
async def me(usage: Usage) -> UUID:
    mine, theirs = uuid4(), uuid4()
    hours = [START + timedelta(hours=n) for n in range(30)]
    await usage.put(
        mine,
        [
            event(at, model=("gpt-4o", "mini")[n % 2], cost_usd=Decimal(n), latency_ms=float(n))
            for n, at in enumerate(hours)
        ],
    )
    await usage.put(theirs, [event(at, workload=SECRET) for at in hours])
    return mine


async def ask(usage: Usage, tenant: UUID, sql: str, **scope: str | list[str]) -> SqlResult:
    found = await usage.call(tenant, "sql_query", sql=sql, **scope)  # pyright: ignore[reportArgumentType] - JSON
    assert isinstance(found, SqlResult)
    return found


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("select count() from events", ((30,),)),
        (
            "SELECT model, sum(cost_usd) AS usd FROM events GROUP BY model ORDER BY usd",
            (("gpt-4o", 210.0), ("mini", 225.0)),
        ),
        (
            "with big as (select * from events where cost_usd > 20) select count(), min(at) from big",
            ((9, "2026-03-01T21:00:00+00:00"),),
        ),
        ("select countIf(model = 'mini') / count() from events", ((0.5,),)),
        ("select a.model from events a join events b on a.at = b.at where a.cost_usd = 3", (("mini",),)),
        ("select max(n) from (select toHour(at) as h, count() as n from events group by h)", ((2,),)),
        ("(select 1 as x) union distinct (select 1 as x)", ((1,),)),
        ("select count() from events where at in (select max(at) from events)", ((1,),)),
        (
            "select 'it''s -- no comment; really' as text, [1, 2][1], (1, 'a').2",
            (("it's -- no comment; really", 1, "a"),),
        ),
        ("select quantilesExactInclusive(0.5, 0.9)(latency_ms), 0 / 0 from events", (([14.5, 26.1], None),)),
        (
            "select sum(x) over (order by x rows 1 preceding) as s from (select arrayJoin([1, 2, 3]) as x)",
            ((1,), (3,), (5,)),
        ),
        (
            "select case when 1 > 2 then 'a' else 'b' end, toStartOfInterval(min(at), interval 1 week) from events",
            (("b", "2026-02-23"),),
        ),
    ],
)
async def test_ordinary_questions_are_answered(
    usage: Usage, me: UUID, sql: str, rows: tuple[tuple[object, ...], ...]
) -> None:
    assert (await ask(usage, me, sql)).rows == rows


async def test_the_scope_narrows_what_events_holds(usage: Usage, me: UUID) -> None:
    found = await ask(usage, me, "select count() as n from events", models=["mini"], end="2026-03-01T10:00:00Z")
    assert (found.rows, found.columns[0].name, found.columns[0].type) == (((5,),), "n", "UInt64")


async def test_rows_beyond_two_hundred_are_cut_and_said_so(usage: Usage, me: UUID) -> None:
    found = await ask(usage, me, "select a.at, b.at from events a, events b")
    assert (len(found.rows), found.cut) == (200, True)


CHEATS = [
    "select * from workload_events",
    "select * from workload_imports",
    "select * from default.workload_events",
    "select * from system.tables",
    "select * from `system`.`query_log`",
    "select * from information_schema.tables",
    "select * from url('http://127.0.0.1:1/', CSV, 'a String')",
    "select * from file('/etc/passwd', 'LineAsString')",
    "select * from remote('127.0.0.1', system.one)",
    "select * from s3('http://127.0.0.1:1/x')",
    "select * from numbers(1000000000000)",
    "select * from merge('.*')",
    "select * from cluster('default', system.one)",
    "select * from executable('id', TSV, 'a String')",
    "select * from mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "select * from values('a String', 'x')",
    "select * from events, (select * from workload_events) as e",
    "select * from events union all select * from workload_events",
    "select * from events where at in workload_events",
    "select 1 in system.one",
    "select * from events where workload in (select workload from workload_events)",
    "select (select count() from workload_events)",
    "select exists(select 1 from system.tables)",
    "with workload_events as (select 1) select * from workload_events",
    "select * from (with workload_events as (select 1) select 1) a, workload_events b",
    "with e as (select * from workload_events) select * from e",
    "with `system.tables` as (select 1) select * from system.tables",
    'with "default.workload_events" as (select 1) select * from default.workload_events',
    "select * from default.events",
    "select 1 from events window workload_events as (order by at) union all select 1 from workload_events",
    "select 1 settings readonly = 0",
    "select * from (select 1 settings additional_table_filters = '')",
    "select 1; drop table workload_events",
    "select 1 -- comment",
    "select 1 /* comment */",
    "select 1 # comment",
    "select 1) union all (select name from system.tables",
    "select 1) into outfile '/dev/null' union all (select 1",
    "select 1 into outfile '/dev/null'",
    "select 1 format JSON",
    "select {tenant_id:UUID}",
    "select * from {t:Identifier}",
    "select $a$x$a$",
    "select '\\' || (select 1) || '",
    "select dictGet('d', 'a', 1)",
    "select joinGet('j', 'a', 1)",
    "select sleep(3)",
    "select sleepEachRow(3) from events",
    "select hostName()",
    "select currentUser(), version()",
    "select getSetting('additional_table_filters')",
    "select file('/etc/passwd')",
    "select range(1000000000)",
    "select repeat('x', 1000000000)",
    "select hasColumnInTable('system', 'one', 'x')",
    "insert into workload_events select * from workload_events",
    "drop table workload_events",
    "set readonly = 0",
    "system shutdown",
    "explain ast select 1",
    "show tables",
    "describe table workload_events",
    "create table x (a Int8) engine = Memory",
    "kill query where 1",
    "",
    "select",
    "select * from events where",
    "select “quoted” from events",
    "select tenant_id from events",
    "select * from events e join workload_staging s on 1 = 1",
    "select * from view(select * from system.one)",
    "select * from loop(system.one)",
    "select * from events final",
    "select * from events sample 0.1",
    "select columns('.*') apply(x -> hostName()) from events",
]


@pytest.mark.parametrize("sql", CHEATS)
async def test_cheats_are_refused_in_a_sentence(usage: Usage, me: UUID, sql: str) -> None:
    with pytest.raises(ToolError) as refused:
        await ask(usage, me, sql)
    assert SECRET not in refused.value.message
    assert len(refused.value.message) < 500


HEAVY = [
    "select count() from events a, events b, events c, events d, events e, events f, events g where a.at > g.at",
    "select groupArray(a.workload) from events a, events b, events c, events d",
    "with recursive r as (select 1 as x union all select x + 1 from r) select max(x) from r",
]


@pytest.mark.parametrize("sql", HEAVY)
async def test_what_costs_too_much_is_ended(usage: Usage, me: UUID, sql: str) -> None:
    with pytest.raises(ToolError):
        await ask(usage, me, sql)


@pytest.mark.parametrize("table", TABLES)
async def test_the_last_wall_stands_alone(usage: Usage, me: UUID, table: str) -> None:
    reader = TenantReader(Database(usage.client), me)
    if table.endswith("_fill"):
        return
    statement = f"select uniqExact(tenant_id), any(tenant_id) from {table}"  # noqa: S608 - our own tables
    found = await reader.foreign(statement, Scope())
    assert (found.rows[0][0], str(found.rows[0][1])) in {(1, str(me)), (0, str(UUID(int=0)))}


words = st.sampled_from(WORDS.split())


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(parts=st.lists(words, min_size=1, max_size=14))
async def test_no_mixture_of_words_reaches_others(usage: Usage, me: UUID, parts: list[str]) -> None:
    try:
        found = await ask(usage, me, "select " + " ".join(parts))
    except ToolError:
        return
    assert SECRET not in str(found.rows)
    assert "analytics_schema" not in str(found.rows)


@given(st.text(max_size=60))
def test_the_first_wall_never_changes_nor_breaks(text: str) -> None:
    try:
        read = Text(text)
    except ToolError:
        return
    assert read.sql == text.strip()
    assert not any(mark in read.sql for mark in (";", "\\", "{"))


def test_a_listing_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ToolError, match="cannot be read"):
        parsed(["SelectQuery", "   Identifier x"])
    with pytest.raises(ToolError, match="CreateQuery is not allowed"):
        check(["CreateQuery"], frozenset())


def test_functions_are_allowed_by_name_in_any_case() -> None:
    assert all(map(allowed, ["COUNT", "sumIf", "uniqExactIf", "avgOrNull", "toStartOfDay", "countDistinctIf"]))
    assert not any(map(allowed, ["sleep", "if_", "url", "sleepIf", "getSettingOrDefault", "dictGetOrDefault", ""]))
