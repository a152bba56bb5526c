"""The ClickHouse door as clickhouse-connect and plain HTTP see it."""

# ruff: noqa: S608 - the table names are ours

import asyncio
import gzip
import json
import secrets
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import clickhouse_connect
import httpx
import lz4.frame  # pyright: ignore[reportMissingTypeStubs] - compiled, without types
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from netra.settings.model import ClickHouseSettings, Settings
from netra.stores.clickhouse import open_client

AWKWARD = 'o\'k \\ "q" \n\t\r `b` ü 日本 \x01 %s {x:String} ; -- c'
LZ4: Any = lz4.frame


@pytest.fixture
async def client(settings: Settings) -> AsyncGenerator[Any]:
    opened: Any = await open_client(settings.clickhouse)
    yield opened
    await opened.close()


@pytest.fixture
async def http(settings: Settings) -> AsyncGenerator[httpx.AsyncClient]:
    where = settings.clickhouse
    headers = {"X-ClickHouse-User": where.user, "X-ClickHouse-Key": where.password.get_secret_value()}
    address = f"http://{where.host}:{where.port}"
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60, trust_env=False) as opened:
        yield opened


def table() -> str:
    return f"t_{secrets.token_hex(4)}"


async def test_compressed_inserts_of_many_types_come_back_exactly(client: Any) -> None:
    name = table()
    await client.command(
        f"create table {name} (n UInt64, at DateTime64(3, 'UTC'), s String, kind LowCardinality(String),"
        " cost Nullable(Float64), dimensions Map(String, String)) engine = MergeTree order by n"
    )
    start = datetime(2026, 11, 22, 12, 0, 0, 123000, tzinfo=UTC)
    rows = [
        (
            n,
            start + timedelta(milliseconds=n),
            f"{AWKWARD}{n}",
            f"kind-{n % 3}",
            None if n % 2 else n / 7,
            {"k": str(n)},
        )
        for n in range(5000)
    ]
    columns = ["n", "at", "s", "kind", "cost", "dimensions"]
    summary = await client.insert(name, rows, column_names=columns)
    assert summary.written_rows == 5000
    result = await client.query(f"select * from {name} order by n", tz_mode="aware")
    assert [tuple(row) for row in result.result_rows] == rows


@pytest.mark.parametrize("compression", [False, "lz4", "gzip"])
async def test_each_compression_that_is_offered_is_read(settings: Settings, compression: str | bool) -> None:
    module: Any = clickhouse_connect
    where = settings.clickhouse
    client = await module.get_async_client(
        host=where.host,
        port=where.port,
        username=where.user,
        password=where.password.get_secret_value(),
        database=where.db,
        compress=compression,
    )
    name = table()
    await client.command(f"create table {name} (n Int32) engine = MergeTree order by n")
    await client.insert(name, [[n] for n in range(1000)], column_names=["n"])
    assert (await client.query(f"select sum(n) from {name}")).result_rows == [(499500,)]
    await client.close()


async def test_typed_parameters_keep_every_character(client: Any) -> None:
    values = {"s": AWKWARD, "n": -(2**63), "at": datetime(2026, 1, 2, tzinfo=UTC), "list": ["a'b", "c\\d", "e\nf"]}
    query = "select {s:String}, {n:Int64}, {at:DateTime('UTC')}, {list:Array(String)}"
    row = (await client.query(query, parameters=values, tz_mode="aware")).result_rows[0]
    assert row == (AWKWARD, -(2**63), datetime(2026, 1, 2, tzinfo=UTC), ["a'b", "c\\d", "e\nf"])


async def test_a_parameter_is_never_part_of_the_statement(client: Any) -> None:
    name = table()
    await client.command(f"create table {name} (s String) engine = MergeTree order by s")
    attack = "x' or 1 = 1 --"
    await client.insert(name, [["secret"]], column_names=["s"])
    rows = await client.query(f"select count() from {name} where s = {{s:String}}", parameters={"s": attack})
    assert rows.result_rows == [(0,)]


async def test_a_wrong_password_has_code_516(settings: Settings) -> None:
    where = settings.clickhouse
    for changed in ({"password": "wrong" * 8}, {"username": "somebody"}):
        login = {"username": where.user, "password": where.password.get_secret_value(), **changed}
        module: Any = clickhouse_connect
        with pytest.raises(DatabaseError) as caught:
            await module.get_async_client(host=where.host, port=where.port, **login)
        assert caught.value.code == 516
        assert login["password"] not in str(caught.value)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("select * from nothing_here", 60),
        ("selec 1", 62),
        ("select no_such_column", 47),
        ("select throwIf(1)", 395),
        ("select 1 settings no_such_setting = 1", 115),
    ],
)
async def test_an_error_carries_its_code(client: Any, statement: str, code: int) -> None:
    with pytest.raises(DatabaseError) as caught:
        await client.query(statement)
    assert caught.value.code == code
    assert (await client.query("select 1")).result_rows == [(1,)]


async def test_settings_hold_for_one_call_only(client: Any) -> None:
    name = table()
    await client.command(f"create table {name} (n Int32) engine = MergeTree order by n")
    await client.insert(name, [[n] for n in range(1000)], column_names=["n"])
    for _ in range(3):
        with pytest.raises(DatabaseError) as caught:
            await client.query(f"select sum(n) from {name}", settings={"max_rows_to_read": 10})
        assert caught.value.code == 158
        assert (await client.query(f"select sum(n) from {name}")).result_rows == [(499500,)]


async def test_a_setting_that_forbids_settings_harms_no_later_request(http: httpx.AsyncClient) -> None:
    for _ in range(3):
        assert (await http.post("/", params={"readonly": "1"}, content="select 1")).text == "1\n"
        answer = await http.post("/", params={"max_threads": "1"}, content="select getSetting('readonly')")
        assert answer.text == "0\n"


async def test_use_and_set_do_not_reach_the_next_request(http: httpx.AsyncClient) -> None:
    for statement in ("use system", "set max_threads = 77"):
        assert (await http.post("/", content=statement)).status_code == 200
        answer = await http.post("/", content="select currentDatabase(), getSetting('max_threads')")
        assert answer.text.startswith("default\t")
        assert "77" not in answer.text


async def test_databases_are_told_apart_on_one_connection(http: httpx.AsyncClient) -> None:
    names = [f"d_{secrets.token_hex(4)}" for _ in range(2)]
    for number, name in enumerate(names):
        assert (await http.post("/", content=f"create database {name}")).status_code == 200
        await http.post("/", params={"database": name}, content="create table t (n Int8) engine = Log")
        answer = await http.post("/", params={"database": name}, content=f"insert into t values ({number})")
        assert answer.status_code == 200
    for _ in range(2):
        for number, name in enumerate(names):
            answer = await http.post("/", params={"database": name}, content="select n from t")
            assert answer.text == f"{number}\n"
        assert (await http.post("/", content="select n from t")).headers["X-ClickHouse-Exception-Code"] == "60"


async def test_queries_run_side_by_side(client: Any) -> None:
    slow = asyncio.ensure_future(client.query("select sleep(2)"))
    quick = [client.query("select {n:Int32}", parameters={"n": n}) for n in range(30)]
    results = await asyncio.gather(*quick)
    assert [result.result_rows[0][0] for result in results] == list(range(30))
    assert not slow.done()
    await slow


async def test_tables_come_as_data_frames_arrow_and_streams(client: Any) -> None:
    arrow = await client.query_arrow("select number as n from numbers(10)")
    assert arrow.column("n").to_pylist() == list(range(10))
    async with await client.query_row_block_stream("select number from numbers(200000)") as stream:
        counted = [len(block) async for block in stream]
    assert sum(counted) == 200000


async def test_an_answer_without_rows_still_has_its_columns(client: Any) -> None:
    result = await client.query("select number as n, 'x' as s from numbers(10) where number > 99")
    assert result.result_rows == []
    assert await client.command("create table if not exists empty_one (n Int8) engine = Log") is not None


async def test_statements_that_hold_the_word_format_are_no_data(http: httpx.AsyncClient) -> None:
    name = table()
    await http.post("/", content=f"create table {name} (s String) engine = MergeTree order by s")
    value = "first\n FORMAT Native\nlast"
    await http.post("/", content=f"insert into {name} (s) values ('{value}')")
    answer = await http.post("/", content=f"select s from {name} FORMAT JSONEachRow")
    assert json.loads(answer.text) == {"s": value}
    assert answer.headers["X-ClickHouse-Format"] == "JSONEachRow"


@pytest.mark.parametrize("query_in_url", [True, False])
@pytest.mark.parametrize("encoding", ["", "gzip", "lz4"])
async def test_rows_in_other_formats_may_be_split_over_address_and_body(
    http: httpx.AsyncClient,
    encoding: str,
    query_in_url: bool,
) -> None:
    name = table()
    await http.post("/", content=f"create table {name} (`n (1)` Int32, s String) engine = MergeTree order by s")
    statement = f"INSERT INTO {name} (`n (1)`, s)\n SETTINGS async_insert = 0 FORMAT JSONEachRow"
    data = '{"n (1)": 1, "s": "a"}\n{"n (1)": 2, "s": "b;"}\n'
    body = (data if query_in_url else f"{statement}\n{data}").encode()
    body = {"": bytes, "gzip": gzip.compress, "lz4": LZ4.compress}[encoding](body)
    headers = {"Content-Encoding": encoding} if encoding else {}
    params = {"query": statement} if query_in_url else {}
    answer = await http.post("/", params=params, content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "2"
    assert (await http.post("/", content=f"select sum(`n (1)`) from {name}")).text == "3\n"


async def test_chunked_bodies_and_errors_leave_the_connection_usable(http: httpx.AsyncClient) -> None:
    async def pieces(*parts: bytes) -> AsyncGenerator[bytes]:
        for part in parts:
            yield part

    for _ in range(3):
        answer = await http.post("/", content=pieces(b"select ", b"1 + ", b"1"))
        assert answer.text == "2\n"
        wrong = await http.post("/", content=pieces(b"select 1"), headers={"X-ClickHouse-Key": "no"})
        assert (wrong.status_code, wrong.headers["X-ClickHouse-Exception-Code"]) == (403, "516")
        ping = await http.request("GET", "/ping", content=b"left over")
        assert ping.status_code in {200, 500}


async def test_ping_needs_no_password_and_everything_else_does(settings: Settings) -> None:
    where = settings.clickhouse
    async with httpx.AsyncClient(base_url=f"http://{where.host}:{where.port}", trust_env=False) as bare:
        assert (await bare.get("/ping")).text == "Ok.\n"
        assert (await bare.get("/", params={"query": "select 1"})).status_code == 403
        assert (await bare.post("/", content="select 1")).status_code == 403


@pytest.mark.parametrize("way", ["headers", "basic", "parameters"])
async def test_each_way_to_log_in(settings: Settings, way: str) -> None:
    where: ClickHouseSettings = settings.clickhouse
    password = where.password.get_secret_value()
    ways: Mapping[str, Mapping[str, Any]] = {
        "headers": {"headers": {"X-ClickHouse-User": where.user, "X-ClickHouse-Key": password}},
        "basic": {"auth": (where.user, password)},
        "parameters": {"params": {"user": where.user, "password": password}},
    }
    async with httpx.AsyncClient(base_url=f"http://{where.host}:{where.port}", trust_env=False) as bare:
        answer = await bare.post("/", content="select user()", **ways[way])
        assert answer.status_code == 200


async def test_what_the_door_does_not_do_it_says(http: httpx.AsyncClient) -> None:
    brotli = await http.post("/", content=b"x", headers={"Content-Encoding": "br"})
    external = await http.post("/", params={"query": "select 1"}, files={"t": b"1"})
    broken = await http.post("/", content=b"no lz4", headers={"Content-Encoding": "lz4"})
    codes = [a.headers["X-ClickHouse-Exception-Code"] for a in (brotli, external, broken)]
    assert codes == ["48", "48", "271"]


async def test_the_time_zone_is_utc(client: Any) -> None:
    assert (await client.query("select timezone()")).result_rows == [("UTC",)]
