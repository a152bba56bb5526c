"""The door `/ws`: who opens it is known before it is accepted; a refusal is an HTTP response."""

import logging

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from netra.auth.principal import Claims
from netra.errors import NetraError, NotFoundError
from netra.stores.postgres import FAILURES
from netra.web.access import SUBPROTOCOL, socket_claims
from netra.web.conversation import Conversation
from netra.web.errors import answer, store_failure
from netra.web.services import services_of

LOG = logging.getLogger(__name__)
PATH = "/ws"


class Sockets:
    """Takes sockets out of the way that requests go: a socket that idles for hours should not hold its layers."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`, which serves requests."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a socket, or pass a request on."""
        if scope["type"] == "websocket":
            await open_socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def open_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Authenticate, count, accept, and hold the conversation."""
    socket = WebSocket(scope, receive, send)
    try:
        claims = await _admitted(HTTPConnection(scope))
        services = services_of(socket)
        await services.limits.take_socket(claims.principal)
    except NetraError as error:
        await socket.send_denial_response(answer(error))
        return
    except FAILURES as error:
        LOG.warning("postgres did not serve", extra={"where": "postgres", "error": repr(error)})
        await socket.send_denial_response(answer(store_failure(error)))
        return
    try:
        await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", ()) else None)
        await Conversation(socket, services, claims).hold()
    finally:
        await services.limits.release_socket(claims.principal)


async def _admitted(handshake: HTTPConnection) -> Claims:
    """Who opens the socket; raises before anything is accepted."""
    if handshake.scope["path"] != PATH:
        raise NotFoundError("no such socket", where=handshake.scope["path"], hint=f"open {PATH}")
    return await socket_claims(handshake, services_of(handshake))
