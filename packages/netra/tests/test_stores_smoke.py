from typing import Any

from netra.settings.model import Settings
from netra.stores import clickhouse, valkey
from netra.stores.database import Pool


async def test_each_store_answers_a_query(settings: Settings, database: Pool) -> None:
    client: Any = await clickhouse.open_client(settings.clickhouse)
    live = valkey.open_client(settings.redis)
    try:
        assert await database.fetchval("select count(*) from users") == 0
        assert (await client.query("select 1 as x")).result_rows == [(1,)]
        assert await live.set("smoke", "1")
    finally:
        await client.close()
        await live.aclose()
