"""The door `/ws`: who opens it is known before it is accepted; a refusal is an HTTP response."""

import logging

from starlette.websockets import WebSocket

from netra.errors import NetraError
from netra.web.access import SUBPROTOCOL, socket_claims
from netra.web.conversation import Conversation
from netra.web.errors import answer
from netra.web.services import services_of

LOG = logging.getLogger(__name__)
PATH = "/ws"


async def open_socket(socket: WebSocket) -> None:
    """Authenticate, accept, and hold the conversation."""
    services = services_of(socket)
    try:
        claims = socket_claims(socket, services)
    except NetraError as error:
        await socket.send_denial_response(answer(error))
        return
    offered: list[str] = socket.scope.get("subprotocols", [])
    await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
    await Conversation(socket, services, claims).hold()
