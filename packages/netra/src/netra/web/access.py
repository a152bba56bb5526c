"""Who is asking: the bearer token, API key or cookie of a request or of a socket's handshake, and nothing else."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection

from netra.auth.audit import Entry, Origin
from netra.auth.principal import Claims, Principal, Scope
from netra.errors import ForbiddenError, UnauthorizedError
from netra.settings.logs import correlation
from netra.web.cookies import SAFE, cookie_name, is_own_origin, refuse_foreign_page
from netra.web.services import Services, services_of

SUBPROTOCOL = "bearer"
IN_QUERY = frozenset({"token", "access_token", "jwt", "api_key"})


class NoTokenError(UnauthorizedError):
    """Neither a token nor a cookie came."""

    def __init__(self, hint: str) -> None:
        """Say how to send one."""
        super().__init__("no access token", where="authorization", hint=hint)


bearer = HTTPBearer(auto_error=False, description="An access token from /api/auth/login, or an API key.")


async def services_here(request: Request) -> Services:
    """The services, for a route; not a plain function, for FastAPI sends each call of one to a thread and back."""
    return services_of(request)


Here = Annotated[Services, Depends(services_here)]


async def unstored(response: Response) -> None:
    """The answer holds a secret: no cache may keep it (RFC 6749, 5.1)."""
    response.headers["Cache-Control"] = "no-store"


async def origin_of(request: Request) -> Origin:
    """Where the request comes from."""
    return origin(request)


From = Annotated[Origin, Depends(origin_of)]


async def claims_of(
    request: Request, here: Here, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Claims:
    """What the request's credential says."""
    cookie = request.cookies.get(cookie_name(here.settings.web))
    with noted(here, origin(request)):
        refuse_query_tokens(request.query_params)
        if given is None and cookie is None:
            raise NoTokenError("send Authorization: Bearer <access token>")
        if given is None and request.method not in SAFE:
            refuse_foreign_page(request, here.settings.web, cookie=True)
        return await _held(request, here, given.credentials if given else None, cookie)


Known = Annotated[Claims, Depends(claims_of)]


async def session_of(request: Request, here: Here, claims: Known) -> Claims:
    """A person's own session: what an API key may never do."""
    with noted(here, origin(request), claims.principal):
        if claims.by == "key":
            raise ForbiddenError("an API key may not do this", where="token", hint="log in")
    return claims


Session = Annotated[Claims, Depends(session_of)]


async def person_of(claims: Session) -> Principal:
    """The person at the other end."""
    return claims.principal


Person = Annotated[Principal, Depends(person_of)]


async def allowed_of(request: Request, here: Here, claims: Known) -> Claims:
    """Who the request is from; an API key needs a scope: to read, or to write."""
    require(here, origin(request), claims, "runs:read" if request.method in SAFE else "runs:write")
    return claims


Allowed = Annotated[Claims, Depends(allowed_of)]


async def principal_of(claims: Allowed) -> Principal:
    """Who may do this."""
    return claims.principal


Caller = Annotated[Principal, Depends(principal_of)]


async def sender_of(request: Request, here: Here, claims: Known) -> Principal:
    """Who brings usage data; an API key for this may do nothing else."""
    require(here, origin(request), claims, "data:write")
    return claims.principal


Sender = Annotated[Principal, Depends(sender_of)]


async def approver_of(request: Request, here: Here, claims: Known) -> Principal:
    """Who decides what an agent may do: a key that may ask may not approve what was asked for."""
    require(here, origin(request), claims, "approvals:write")
    return claims.principal


Approver = Annotated[Principal, Depends(approver_of)]


async def operator_of(request: Request, here: Here, claims: Known) -> Principal:
    """An operator."""
    require(here, origin(request), claims, "operator")
    return claims.principal


Operator = Annotated[Principal, Depends(operator_of)]


def require(services: Services, origin: Origin, claims: Claims, scope: Scope) -> None:
    """Raise ForbiddenError, and note it, unless the scope is there."""
    if claims.allow(scope):
        return
    with noted(services, origin, claims.principal):
        if scope in claims.scopes:
            raise ForbiddenError("only operators may do this", where="role", hint="netra user promote makes one")
        raise ForbiddenError(f"the API key lacks the scope {scope}", where="scopes", hint="make a key that has it")


@contextmanager
def noted(services: Services, origin: Origin, who: Principal | None = None) -> Generator[None]:
    """Note what is refused in the block, but not that there is no token at all: nobody tried anything then."""
    user_id = who.user_id if who else None
    try:
        yield
    except NoTokenError:
        raise
    except UnauthorizedError as error:
        services.identity.audit.refused(
            Entry(type="token_refused", origin=origin, user_id=user_id, detail=error.message)
        )
        raise
    except ForbiddenError as error:
        services.identity.audit.refused(
            Entry(type="access_refused", origin=origin, user_id=user_id, detail=error.message)
        )
        raise


async def socket_claims(handshake: HTTPConnection, services: Services) -> Claims:
    """Who opens the socket; raises before anything is accepted."""
    web = services.settings.web
    with noted(services, origin(handshake)):
        refuse_query_tokens(handshake.query_params)
        refuse_foreign_origin(handshake, web.cors_origins)
        token, cookie = _socket_token(handshake), handshake.cookies.get(cookie_name(web))
        if token is None and cookie is None:
            raise NoTokenError(
                "send Authorization: Bearer <access token>, or Sec-WebSocket-Protocol: bearer, <access token>"
            )
        if token is None and not is_own_origin(handshake, web, handshake.headers.get("origin", "")):
            raise ForbiddenError("only this site's own pages may use its cookie", where="origin", hint="send a token")
        return await _held(handshake, services, token, cookie)


def refuse_query_tokens(query: QueryParams) -> None:
    """Addresses end up in logs and histories, so a token in one is refused even when it is good."""
    if IN_QUERY.intersection(query.keys()):
        raise UnauthorizedError(
            "a token in the address is refused", where="query", hint="send it in the Authorization header"
        )


def refuse_foreign_origin(handshake: HTTPConnection, allowed: tuple[str, ...]) -> None:
    """A page may open the socket if it is ours or listed in CORS_ORIGINS; programs send no Origin."""
    page = handshake.headers.get("origin")
    if page is None or page in allowed:
        return
    if not is_own_origin(handshake, services_of(handshake).settings.web, page):
        raise ForbiddenError("pages of this origin may not open the socket", where="origin", hint="see CORS_ORIGINS")


def origin(connection: HTTPConnection) -> Origin:
    """The client's address and the request's id."""
    address = connection.client.host if connection.client else ""
    return Origin(address=address, request_id=correlation.get({}).get("request_id", ""))


async def _held(connection: HTTPConnection, services: Services, token: str | None, cookie: str | None) -> Claims:
    """What the credential says. A token goes before a cookie."""
    standing = services.identity.standing
    claims = await (standing.of_bearer(token) if token is not None else standing.of_cookie(cookie or ""))
    connection.state.user_id = str(claims.principal.user_id)
    return claims


def _socket_token(handshake: HTTPConnection) -> str | None:
    scheme, _, token = handshake.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    offered: list[str] = handshake.scope.get("subprotocols", [])
    return offered[1] if offered[:1] == [SUBPROTOCOL] and offered[1:] else None
