"""Each store's client: it works, and each way to fail names component, phase and what to do."""

from typing import Any

import pytest
from pydantic import SecretStr
from redis.exceptions import RedisError

from netra.embedded.ports import free_port
from netra.errors import DependencyError, ToolError
from netra.settings.model import ClickHouseSettings, PostgresSettings, RedisSettings, Settings
from netra.settings.timeouts import Timeouts
from netra.stores import clickhouse, postgres, valkey
from netra.stores.database import Pool
from netra.stores.failures import StoreError

NOWHERE = "no-such-host.invalid"
WRONG = SecretStr("wrong-" * 8)
Where = PostgresSettings | RedisSettings | ClickHouseSettings


async def ask(where: Where) -> None:
    """One real query, with the store's own failures explained."""
    match where:
        case PostgresSettings():
            async with postgres.pool(where) as pool:
                await pool.fetchval("select 1")
        case ClickHouseSettings():
            client: Any = await clickhouse.open_client(where)
            await client.close()
        case RedisSettings():
            live: Any = valkey.open_client(where)
            try:
                await live.ping()
            except RedisError as error:
                raise valkey.explain(error, where) from error
            finally:
                await live.aclose()


def stores(settings: Settings) -> tuple[Where, ...]:
    return settings.postgres, settings.redis, settings.clickhouse


async def test_each_store_answers(settings: Settings) -> None:
    for where in stores(settings):
        await ask(where)


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize(
    ("change", "phase"),
    [({"host": NOWHERE}, "dns"), ({"port": 0}, "connect"), ({"password": WRONG}, "auth")],
)
async def test_a_failure_names_component_and_phase(
    settings: Settings, number: int, change: dict[str, Any], phase: str
) -> None:
    component = ("postgres", "valkey", "clickhouse")[number]
    where = stores(settings)[number]
    change = {"port": free_port()} if "port" in change else change
    with pytest.raises(StoreError) as caught:
        await ask(where.model_copy(update=change))
    assert (caught.value.component, caught.value.where, caught.value.phase) == (component, component, phase)
    assert caught.value.message.startswith(f"{phase}: ")
    assert caught.value.hint
    for secret in (where.password, WRONG):
        assert secret.get_secret_value() not in str(caught.value)


async def test_a_database_that_is_not_there_is_an_auth_failure(settings: Settings) -> None:
    for where in (settings.postgres, settings.clickhouse):
        with pytest.raises(StoreError) as caught:
            await ask(where.model_copy(update={"db": "nothing_here"}))
        assert caught.value.phase == "auth"


async def test_a_server_that_does_not_answer_is_given_up(settings: Settings) -> None:
    silent = Timeouts(connect_s=0.3)
    # 192.0.2.0/24 is set aside for documentation: nobody answers there.
    with pytest.raises(DependencyError, match="connect: ") as caught:
        await postgres.open_pool(settings.postgres.model_copy(update={"host": "192.0.2.1"}), timeouts=silent)
    assert caught.value.where == "postgres"


async def test_a_statement_that_takes_too_long_is_ended(settings: Settings) -> None:
    async with postgres.pool(settings.postgres, timeouts=Timeouts(query_s=0.2)) as pool:
        with pytest.raises(postgres.FAILURES) as caught:
            await pool.fetchval("select pg_sleep(5)")
        assert isinstance(postgres.explain(caught.value), StoreError)
        assert await pool.fetchval("select 1") == 1


async def test_jsonb_reads_and_writes_python_values(database: Pool) -> None:
    value: dict[str, object] = {"text": "o'k \\ ü", "list": [1, 2.5, None, True], "deep": {"a": []}}
    assert await database.fetchval("select $1::jsonb", value) == value
    assert await database.fetchval("select $1::jsonb ->> 'text'", value) == value["text"]


async def test_a_query_over_its_limits_is_a_sentence_for_the_agent(settings: Settings) -> None:
    client: Any = await clickhouse.open_client(settings.clickhouse)
    failures: list[Exception] = []
    for limits in ({"max_rows_to_read": 10}, {"max_result_rows": 10, "max_block_size": 100}):
        try:
            await client.query("select number from numbers(100000)", settings=limits)
        except Exception as error:  # noqa: BLE001 - explained below
            failures.append(clickhouse.explain(error))
    await client.close()
    assert [type(error) for error in failures] == [ToolError, ToolError]
    assert str(failures[0]) == (
        "The query reads more rows than a question may; ask for a shorter period or fewer groups."
    )


async def test_a_wrong_statement_is_a_query_failure(settings: Settings) -> None:
    client: Any = await clickhouse.open_client(settings.clickhouse)
    try:
        await client.query("select * from nothing_here")
    except Exception as error:  # noqa: BLE001 - explained below
        explained = clickhouse.explain(error, settings.clickhouse)
    else:
        explained = None
    await client.close()
    assert isinstance(explained, StoreError)
    assert explained.phase == "query"
