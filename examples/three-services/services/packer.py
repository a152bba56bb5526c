"""The background worker: takes orders from the queue and packs them; each is packed once, whoever dies meanwhile."""

import asyncio
import signal

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError
from say import say
from settings import read

QUEUE, HANDS = "orders:new", "orders:in-hand"
WAIT_S = 1.0
PACK = "update orders set state = 'packed', packed_at = now() where id = $1::uuid and state = 'new'"


async def pack(queue: Redis, store: asyncpg.Pool) -> None:
    """Take orders one by one: out of the hands only when they are packed."""
    while True:
        order = await queue.blmove(QUEUE, HANDS, WAIT_S, "RIGHT", "LEFT")
        if order is None:
            continue
        await store.execute(PACK, order.decode())
        await queue.lrem(HANDS, 1, order)
        say("packed", order=order.decode())


async def take_up(queue: Redis) -> None:
    """What an earlier packer had in its hands when it died goes back to the queue."""
    while await queue.lmove(HANDS, QUEUE, "LEFT", "RIGHT"):
        pass


async def main() -> None:
    """Work until SIGTERM; a lost server is waited for."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    settings = read("packer")
    queue = Redis.from_url(settings["REDIS_URL"], socket_timeout=5, socket_connect_timeout=2)
    async with asyncpg.create_pool(settings["DATABASE_URL"], min_size=1, max_size=2, command_timeout=5) as store:
        await take_up(queue)
        say("ready")
        while True:
            try:
                await pack(queue, store)
            except (RedisError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                say("cannot pack", "error", error=str(error))
                await asyncio.sleep(WAIT_S)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except asyncio.CancelledError:
        say("stopped")
