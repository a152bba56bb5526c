"""Serves the app with uvicorn: the port is taken first, opened last, and named in the log."""

import asyncio
import logging
import resource
import socket
from collections.abc import Sequence

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netra.errors import StartupError
from netra.health.startup import Startup
from netra.settings.lifecycle import announce
from netra.settings.model import Settings
from netra.settings.timeouts import Timeouts
from netra.web.app import DEFAULT_TIMEOUTS, build
from netra.web.framing import LARGEST_FRAME_FACTOR
from netra.web.wire import Socket, http_with

LOG = logging.getLogger(__name__)
GRACE_S = 5
"""How long requests may take to end when the server stops."""
KEEP_ALIVE_S = 620
"""Longer than a load balancer keeps an idle connection (600 s), so that it never sends into one we just closed."""


def serve(settings: Settings, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> None:
    """Serve until told to stop; raises StartupError with the phase that failed."""
    _allow_files()
    app = build(settings, timeouts=timeouts)
    listener = _bound(settings.web.host, settings.web.port)
    server = Server(_config(app, timeouts, settings.web.trusted_proxies), listener, app.state.closing)
    try:
        server.run(sockets=[listener])
    except SystemExit:
        startup: Startup = app.state.startup
        if startup.failure is None:
            raise
        raise startup.failure from None


class Server(uvicorn.Server):
    """Tells streams to end before it waits for them."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket, closing: asyncio.Event) -> None:
        """Serve this socket; set `closing` when the end begins."""
        super().__init__(config)
        self._listener = listener
        self._closing = closing

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say where."""
        await super().startup(sockets)
        if self.started:
            host, port = self._listener.getsockname()[:2]
            announce("ready", address=f"http://{host}:{port}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams, then the rest."""
        LOG.info("stopping")
        self._closing.set()
        await super().shutdown(sockets)


class NamedFailure:
    """Keeps the traceback of a failed start out of the log, which has the phase and its cause already."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_named(message: Message) -> None:
            await send({"type": message["type"]})

        await self._app(scope, receive, send_named)


def _config(app: ASGIApp, timeouts: Timeouts, proxies: Sequence[str]) -> uvicorn.Config:
    return uvicorn.Config(
        NamedFailure(app),
        loop="uvloop",
        http=http_with(timeouts),
        ws=Socket,
        ws_max_size=LARGEST_FRAME_FACTOR * timeouts.message_bytes,
        ws_ping_interval=timeouts.heartbeat_s,
        ws_ping_timeout=timeouts.heartbeat_s,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        workers=1,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )


def _allow_files() -> None:
    """Open as many files as the system lets us: each socket is one, and the usual soft limit is 1024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _bound(host: str, port: int) -> socket.socket:
    """The socket, bound and not yet listening: clients are refused until the start is complete."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise StartupError(
            f"phase doors failed: cannot bind {host}:{port}: {error.strerror}",
            where="doors",
            hint="choose another WEB_HOST or WEB_PORT",
        ) from error
    return listener
