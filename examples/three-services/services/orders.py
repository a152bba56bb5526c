"""The HTTP API: takes orders, keeps them in PostgreSQL, and queues them for the packer."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError
from settings import read
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from web import LOGGED, Trouble, serve

QUEUE = "orders:new"


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Two pools for the whole life of the process."""
    settings = app.state.settings
    app.state.queue = Redis.from_url(settings["REDIS_URL"], socket_timeout=2, socket_connect_timeout=2)
    async with asyncpg.create_pool(settings["DATABASE_URL"], min_size=1, max_size=5, command_timeout=5) as store:
        app.state.store = store
        yield
    await app.state.queue.aclose()


async def create(request: Request) -> Response:
    """Keep an order, then queue it."""
    item, customer, order = (await request.json()).get("item", ""), request.headers.get("x-customer", ""), uuid.uuid4()
    if not item or not customer:
        raise Trouble(422, "an order needs a customer and an item")
    try:
        await request.app.state.store.execute(
            "insert into orders (id, customer, item) values ($1, $2, $3)", order, customer, item
        )
        await request.app.state.queue.lpush(QUEUE, str(order))
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Trouble(503, f"orders cannot be kept: {error}", "store") from error
    except (RedisError, OSError) as error:
        raise Trouble(503, f"orders cannot be queued: {error}", "queue") from error
    return JSONResponse({"id": str(order), "state": "new"}, 202)


async def look(request: Request) -> Response:
    """One order of this customer."""
    try:
        row = await request.app.state.store.fetchrow(
            "select id, item, state from orders where id = $1 and customer = $2",
            request.path_params["order"],
            request.headers.get("x-customer", ""),
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise Trouble(503, f"orders cannot be read: {error}", "store") from error
    if row is None:
        raise Trouble(404, "no such order")
    return JSONResponse({"id": str(row["id"]), "item": row["item"], "state": row["state"]})


async def ready(request: Request) -> Response:
    """Whether orders can be kept."""
    try:
        await request.app.state.store.fetchval("select 1")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        return JSONResponse({"ready": False, "reasons": [{"component": "store", "error": str(error)}]}, 503)
    return JSONResponse({"ready": True})


ROUTES = [Route("/orders", create, methods=["POST"]), Route("/orders/{order:uuid}", look), Route("/ready", ready)]

if __name__ == "__main__":
    serve(Starlette(routes=ROUTES, middleware=LOGGED, lifespan=lifespan), read("orders"))
