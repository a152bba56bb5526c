"""Settings in, an app out; its lifespan opens and closes everything."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from netra import __version__
from netra.health.startup import Startup
from netra.settings.model import Settings
from netra.settings.timeouts import Timeouts
from netra.telemetry.process import telling
from netra.web import (
    account,
    api_keys,
    asyncapi,
    auth,
    budgets,
    errors,
    exports,
    health,
    imports,
    limits,
    mcp_servers,
    messages,
    metrics,
    oidc,
    operators,
    otlp,
    page,
    runs,
    threads,
    usage,
    worklogs,
)
from netra.web.assembly import Assembly
from netra.web.doorway import Doorway, Guard
from netra.web.socket import Sockets

DEFAULT_TIMEOUTS = Timeouts()
BODY_FACTOR = 7
"""A byte of a message takes up to six in JSON, where any character may be escaped, the rest is short."""
LARGE = {otlp.PATH: otlp.SENT_BYTES, imports.PATH: imports.LARGEST}
"""What a body may be at the doors of usage data."""
ROUTES = (
    auth,
    account,
    api_keys,
    oidc,
    operators,
    worklogs,
    threads,
    exports,
    messages,
    runs,
    otlp,
    imports,
    limits,
    usage,
    budgets,
    mcp_servers,
    health,
    metrics,
    asyncapi,
)
ASKED_HEADERS = ("Authorization", "Content-Type", "X-Request-ID", "Last-Event-ID", "Idempotency-Key")
TOLD_HEADERS = (
    "X-Request-ID",
    "X-Netra-Revision",
    "Retry-After",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "RateLimit",
    "RateLimit-Policy",
)


def build(settings: Settings, *, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> FastAPI:
    """The app; nothing is opened before its lifespan begins."""
    startup = Startup(timeouts.startup_phase_s)
    closing = asyncio.Event()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with telling(settings, "web"), AsyncExitStack() as stack:
            app.state.services = await Assembly(settings, timeouts, startup, closing).open(stack)
            startup.complete = True
            yield
            startup.complete = False

    app = FastAPI(
        title="netra",
        version=__version__,
        summary="Agents that say what AI workloads cost, how fast and how good they are.",
        openapi_url="/api/openapi.json",
        docs_url="/api/docs",
        redoc_url=None,
        lifespan=lifespan,
        responses=errors.EVERYWHERE,
    )
    app.state.startup = startup
    app.state.closing = closing
    for routes in ROUTES:
        app.include_router(routes.router)
    app.include_router(page.router(oidc=settings.oidc is not None))
    errors.register(app)
    _surround(app, settings, timeouts)
    return app


def _surround(app: FastAPI, settings: Settings, timeouts: Timeouts) -> None:
    """Put the doorway outermost; the middleware added last sees a request first."""
    app.add_middleware(Guard, body_bytes=BODY_FACTOR * timeouts.message_bytes, of_paths=LARGE)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.web.cors_origins,
        allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
        allow_headers=ASKED_HEADERS,
        expose_headers=TOLD_HEADERS,
    )
    app.add_middleware(Sockets)
    app.add_middleware(Doorway, revision=settings.revision)
