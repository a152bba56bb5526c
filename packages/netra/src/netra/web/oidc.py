"""Routes of log-in through an identity provider: out to it, and back with a session for the page."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, status
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict

from netra.auth import identities
from netra.auth.audit import Entry, Origin
from netra.auth.deeds import deed
from netra.auth.flows import LIFETIME_S, Flow, new_flow
from netra.auth.identities import Identity
from netra.auth.oidc import Outcome
from netra.auth.sessions import open_cookie
from netra.errors import ConflictError, ForbiddenError, NotFoundError, RateLimitedError, UnauthorizedError
from netra.web.access import From, Here, Person, Session
from netra.web.bodies import LinkBody, ReturnTo
from netra.web.cookies import cookie_name, keep, set_cookie
from netra.web.errors import REFUSED, documented
from netra.web.guesses import prove
from netra.web.identity import Oidc
from netra.web.landing import PURPOSE, Landing
from netra.web.services import Services

router = APIRouter(prefix="/api/auth/oidc", tags=["auth"])
navigated = APIRouter(route_class=Landing)
AWAY = {303: {"description": "The browser goes on there; one that navigates goes to the page with a refusal too."}}


class Away(BaseModel):
    """Where the browser goes to link the provider's account."""

    model_config = ConfigDict(frozen=True)

    location: str


class IdentityList(BaseModel):
    """What opens the caller's account beside its password."""

    model_config = ConfigDict(frozen=True)

    identities: tuple[Identity, ...]


@navigated.get(
    "/login",
    response_model=None,
    status_code=status.HTTP_303_SEE_OTHER,
    responses=AWAY | documented(NotFoundError),
)
async def begin_login(here: Here, return_to: Annotated[ReturnTo, Query()] = "/") -> Response:
    """Send the browser to the identity provider; it comes back logged in, to `return_to`."""
    oidc, flow = _oidc(here), new_flow(return_to)
    response = RedirectResponse(await oidc.provider.begin(flow), status.HTTP_303_SEE_OTHER)
    _remember(response, here, oidc, flow)
    return response


@router.post("/link", responses=REFUSED | documented(NotFoundError, RateLimitedError))
async def begin_link(
    response: Response, claims: Session, here: Here, origin: From, body: LinkBody | None = None
) -> Away:
    """Link an account at the identity provider to the caller's: open `location` in the browser that asks this.

    The password, or a log-in of just now, proves who asks.
    """
    oidc, return_to = _oidc(here), body.return_to if body else "/"
    await prove(here, origin, claims, body.password if body else None)
    flow = new_flow(return_to, user_id=claims.principal.user_id, session=claims.session)
    location = await oidc.provider.begin(flow)
    _remember(response, here, oidc, flow)
    return Away(location=location)


@navigated.get(
    "/callback",
    response_model=None,
    status_code=status.HTTP_303_SEE_OTHER,
    responses=AWAY | REFUSED | documented(NotFoundError, ConflictError),
)
async def come_back(request: Request, outcome: Annotated[Outcome, Query()], here: Here, origin: From) -> Response:
    """Where the identity provider sends the browser back to; opens a session that a cookie holds."""
    oidc = _oidc(here)
    try:
        flow = oidc.seal.opened(request.cookies.get(cookie_name(here.settings.web, PURPOSE), ""))
        response = RedirectResponse(flow.return_to, status.HTTP_303_SEE_OTHER)
        await _settle(here, oidc, (flow, outcome), (response, origin))
    except (UnauthorizedError, ForbiddenError, ConflictError) as error:
        here.identity.audit.refused(Entry(type="oidc_refused", origin=origin, detail=error.message))
        raise
    set_cookie(response, here.settings.web, cookie_name(here.settings.web, PURPOSE), "", 0)
    return response


@router.get("/identities", responses=REFUSED)
async def list_identities(caller: Person, here: Here) -> IdentityList:
    """The provider's accounts that open the caller's, oldest first."""
    return IdentityList(identities=await identities.identities_of(here.pool, caller))


@router.delete(
    "/identities/{identity_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=REFUSED | documented(NotFoundError, ConflictError),
)
async def unlink(identity_id: UUID, caller: Person, here: Here, origin: From) -> None:
    """Let a provider's account open the caller's no more, unless nothing else does; sessions that are open stay so."""
    async with deed(here.pool, origin) as done:
        done.note("oidc_unlinked", caller.user_id, await identities.unlink(done.connection, caller, identity_id))


async def _settle(here: Services, oidc: Oidc, came: tuple[Flow, Outcome], back: tuple[Response, Origin]) -> None:
    """Link, or log in."""
    (flow, outcome), (response, origin) = came, back
    person = await oidc.provider.finish(flow, outcome)
    if flow.user_id is not None and flow.session is not None:
        await here.identity.standing.opened_at(flow.session)
        async with deed(here.pool, origin) as done:
            await identities.link(done.connection, flow.user_id, person)
            done.note("oidc_linked", flow.user_id, person.issuer)
        return
    async with deed(here.pool, origin) as done:
        account, made = await identities.account_for(done.connection, person)
        if made:
            done.note("registered", account.user_id, person.issuer)
        done.note("logged_in", account.user_id, person.issuer)
        value = await open_cookie(done.connection, account.principal)
    keep(response, here.settings.web, value)


router.include_router(navigated)


def _oidc(here: Services) -> Oidc:
    if here.identity.oidc is None:
        raise NotFoundError("no identity provider is configured", where="oidc", hint="set OIDC_ISSUER and its group")
    return here.identity.oidc


def _remember(response: Response, here: Services, oidc: Oidc, flow: Flow) -> None:
    set_cookie(response, here.settings.web, cookie_name(here.settings.web, PURPOSE), oidc.seal.closed(flow), LIFETIME_S)
