"""The door `/ws`: who opens it is known before it is accepted; a refusal is an HTTP response."""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from netra.errors import NetraError, NotFoundError
from netra.web.access import SUBPROTOCOL, socket_claims
from netra.web.conversation import Conversation
from netra.web.errors import answer
from netra.web.services import services_of

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
    """Authenticate, accept, and hold the conversation."""
    socket = WebSocket(scope, receive, send)
    try:
        conversation = _admitted(socket, HTTPConnection(scope))
    except NetraError as error:
        await socket.send_denial_response(answer(error))
        return
    await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", ()) else None)
    await conversation.hold()


def _admitted(socket: WebSocket, handshake: HTTPConnection) -> Conversation:
    """The conversation with who opens the socket; raises before anything is accepted."""
    if handshake.scope["path"] != PATH:
        raise NotFoundError("no such socket", where=handshake.scope["path"], hint=f"open {PATH}")
    services = services_of(handshake)
    return Conversation(socket, services, socket_claims(handshake, services))
