"""Who is asking: the bearer token of a request or of a socket's handshake, and nothing else."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection

from netra.auth.principal import Claims, Principal
from netra.errors import ForbiddenError, UnauthorizedError
from netra.web.services import Services, services_of

SUBPROTOCOL = "bearer"
IN_QUERY = frozenset({"token", "access_token", "jwt"})
bearer = HTTPBearer(auto_error=False, description="An access token from /api/auth/login.")


async def services_here(request: Request) -> Services:
    """The services, for a route; not a plain function, for FastAPI sends each call of one to a thread and back."""
    return services_of(request)


Here = Annotated[Services, Depends(services_here)]


async def claims_of(
    request: Request, here: Here, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Claims:
    """What the request's access token says."""
    refuse_query_tokens(request.query_params)
    if given is None:
        raise _missing("send Authorization: Bearer <access token>")
    claims = here.tokens.verify(given.credentials)
    request.state.user_id = str(claims.principal.user_id)
    return claims


Session = Annotated[Claims, Depends(claims_of)]


async def principal_of(claims: Session) -> Principal:
    """Who the request is from."""
    return claims.principal


Caller = Annotated[Principal, Depends(principal_of)]


def socket_claims(handshake: HTTPConnection, services: Services) -> Claims:
    """Who opens the socket; raises before anything is accepted."""
    refuse_query_tokens(handshake.query_params)
    refuse_foreign_origin(handshake, services.settings.web.cors_origins)
    claims = services.tokens.verify(_socket_token(handshake))
    handshake.state.user_id = str(claims.principal.user_id)
    return claims


def refuse_query_tokens(query: QueryParams) -> None:
    """Addresses end up in logs and histories, so a token in one is refused even when it is good."""
    if IN_QUERY.intersection(query.keys()):
        raise UnauthorizedError(
            "a token in the address is refused", where="query", hint="send it in the Authorization header"
        )


def refuse_foreign_origin(handshake: HTTPConnection, allowed: tuple[str, ...]) -> None:
    """A page may open the socket if it is ours or listed in CORS_ORIGINS; programs send no Origin."""
    origin = handshake.headers.get("origin")
    if origin is None or origin in allowed:
        return
    if origin.partition("://")[2] != handshake.headers.get("host"):
        raise ForbiddenError("pages of this origin may not open the socket", where="origin", hint="see CORS_ORIGINS")


def _socket_token(handshake: HTTPConnection) -> str:
    scheme, _, token = handshake.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    offered: list[str] = handshake.scope.get("subprotocols", [])
    if offered[:1] == [SUBPROTOCOL] and offered[1:]:
        return offered[1]
    raise _missing("send Authorization: Bearer <access token>, or Sec-WebSocket-Protocol: bearer, <access token>")


def _missing(hint: str) -> UnauthorizedError:
    return UnauthorizedError("no access token", where="authorization", hint=hint)
