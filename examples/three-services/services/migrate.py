"""The schema: `migrate.py` applies what is not applied yet, `migrate.py --pending` names it."""

import asyncio
import sys

import asyncpg
from settings import read

MIGRATIONS = {
    "001_orders": """
        create table orders (
            id uuid primary key, customer text not null, item text not null,
            state text not null default 'new' check (state in ('new', 'packed')),
            made_at timestamptz not null default now(), packed_at timestamptz
        )""",
    "002_orders_by_customer": "create index orders_by_customer on orders (customer, made_at)",
}


async def main(only_say: bool) -> None:
    """In one transaction each, in order."""
    store = await asyncpg.connect(read("migrate")["DATABASE_URL"])
    try:
        await store.execute("create table if not exists migrations (name text primary key)")
        applied = {row["name"] for row in await store.fetch("select name from migrations")}
        for name in (n for n in MIGRATIONS if n not in applied):
            print(name)
            if not only_say:
                async with store.transaction():
                    await store.execute(MIGRATIONS[name])
                    await store.execute("insert into migrations values ($1)", name)
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(main("--pending" in sys.argv))
