"""The edge service: lets customers in, knows who they are, and passes their requests on to `orders`."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError
from settings import read
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from web import LOGGED, Trouble, serve

SESSION_S = 3600
FORWARD_S = 5.0


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """One client of each server behind us."""
    settings = app.state.settings
    app.state.queue = Redis.from_url(settings["REDIS_URL"], socket_timeout=2, socket_connect_timeout=2)
    async with httpx.AsyncClient(base_url=settings["ORDERS_URL"], timeout=FORWARD_S, trust_env=False) as orders:
        app.state.orders = orders
        yield
    await app.state.queue.aclose()


async def sign_in(request: Request) -> Response:
    """A session for a name."""
    name = (await request.json()).get("name", "")
    if not name:
        raise Trouble(422, "a session needs a name")
    token = secrets.token_urlsafe(24)
    try:
        await request.app.state.queue.set(f"session:{token}", name, ex=SESSION_S)
    except (RedisError, OSError) as error:
        raise Trouble(503, f"no session can be kept: {error}", "queue") from error
    return JSONResponse({"token": token}, 201)


async def forward(request: Request) -> Response:
    """The same request to `orders`, in the name of the customer."""
    headers = {"x-customer": await _customer(request), "x-request-id": request.headers.get("x-request-id", "")}
    try:
        answer = await request.app.state.orders.request(
            request.method, request.url.path, content=await request.body(), headers=headers
        )
    except httpx.HTTPError as error:
        raise Trouble(502, f"orders does not answer: {type(error).__name__}", "orders") from error
    return Response(answer.content, answer.status_code, media_type="application/json")


async def _customer(request: Request) -> str:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        name = await request.app.state.queue.get(f"session:{token}") if token else None
    except (RedisError, OSError) as error:
        raise Trouble(503, f"sessions cannot be read: {error}", "queue") from error
    if name is None:
        raise Trouble(401, "sign in first")
    return name.decode()


async def _dependencies(app: Starlette) -> dict[str, dict[str, str]]:
    said: dict[str, dict[str, str]] = {}
    try:
        await app.state.queue.ping()
        said["queue"] = {"status": "healthy"}
    except (RedisError, OSError) as error:
        said["queue"] = {"status": "unhealthy", "error": str(error)}
    try:
        answer = await app.state.orders.get("/ready")
        said["orders"] = {"status": "healthy" if answer.is_success else "unhealthy", "error": answer.text[:200]}
    except httpx.HTTPError as error:
        said["orders"] = {"status": "unhealthy", "error": type(error).__name__}
    return said


async def health(request: Request) -> Response:
    """What we depend on, and how it is."""
    said = await _dependencies(request.app)
    well = all(one["status"] == "healthy" for one in said.values())
    return JSONResponse({"status": "healthy" if well else "unhealthy", "dependencies": said}, 200 if well else 503)


async def ready(request: Request) -> Response:
    """Whether we may take traffic; else who is to blame."""
    said = await _dependencies(request.app)
    reasons = [{"component": name, **one} for name, one in said.items() if one["status"] != "healthy"]
    return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)


async def version(request: Request) -> Response:
    """Which revision answers."""
    return JSONResponse({"revision": request.app.state.settings["REVISION"]})


ROUTES = [
    Route("/session", sign_in, methods=["POST"]),
    Route("/orders", forward, methods=["POST"]),
    Route("/orders/{order}", forward),
    Route("/health", health),
    Route("/ready", ready),
    Route("/version", version),
]

if __name__ == "__main__":
    serve(Starlette(routes=ROUTES, middleware=LOGGED, lifespan=lifespan), read("gateway"))
