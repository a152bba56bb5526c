"""Routes of log-in: accounts, sessions, and the keys that verify access tokens."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel, ConfigDict

from netra.auth import accounts, sessions
from netra.auth.accounts import Profile, Recognised, Registration
from netra.auth.audit import Entry, Origin
from netra.auth.deeds import deed
from netra.auth.keys import PublicKey
from netra.auth.sessions import Refreshed, TokenPair
from netra.errors import ConflictError, RateLimitedError
from netra.runs import cancel
from netra.web.access import From, Here, Known, Person, Session, bearer, claims_of, noted, origin, session_of, unstored
from netra.web.bodies import (
    DeleteBody,
    LoginBody,
    LogoutBody,
    LogoutEverywhereBody,
    PasswordBody,
    RefreshBody,
    RegisterBody,
)
from netra.web.cookies import drop, keep, refuse_foreign_page
from netra.web.errors import REFUSED, documented
from netra.web.guesses import Guess, prove
from netra.web.services import Services

router = APIRouter(tags=["auth"])
LIMITED = REFUSED | documented(RateLimitedError)
SECRET = [Depends(unstored)]


class KeySet(BaseModel):
    """The public keys that verify access tokens (RFC 7517)."""

    model_config = ConfigDict(frozen=True)

    keys: tuple[PublicKey, ...]


@router.post(
    "/api/auth/register",
    status_code=status.HTTP_201_CREATED,
    responses=documented(ConflictError, RateLimitedError),
    dependencies=SECRET,
)
async def register(body: RegisterBody, here: Here, origin: From) -> TokenPair:
    """Make an account and open its first session."""
    identity = here.identity
    try:
        await here.limits.try_register(origin.address)
        encoded = await identity.accounts.encoded(body.password)
        registration = Registration(email=body.email, encoded=encoded, display_name=body.display_name)
        async with deed(here.pool, origin) as done:
            account = await accounts.register(done.connection, registration)
            done.note("registered", account.user_id)
            return await identity.sessions.open(done.connection, account.principal)
    except RateLimitedError as error:
        identity.audit.refused(Entry(type="throttled", origin=origin, detail=error.message))
        raise
    except ConflictError as error:
        identity.audit.refused(Entry(type="registration_refused", origin=origin, detail=error.message))
        raise


@router.post("/api/auth/login", responses=LIMITED, dependencies=SECRET)
async def login(body: LoginBody, here: Here, origin: From) -> TokenPair:
    """Open a session."""
    account, encoded = await _recognised(here, origin, body.email, body.password)
    async with deed(here.pool, origin) as done:
        done.note("logged_in", account.user_id)
        return await here.identity.sessions.open(done.connection, account.principal, encoded)


@router.post("/api/auth/cookie", status_code=status.HTTP_204_NO_CONTENT, responses=LIMITED)
async def login_page(request: Request, response: Response, body: LoginBody, here: Here, origin: From) -> None:
    """Open a session that a cookie holds, for the pages of this site; scripts cannot read it."""
    with noted(here, origin):
        refuse_foreign_page(request, here.settings.web, cookie=False)
    account, encoded = await _recognised(here, origin, body.email, body.password)
    async with deed(here.pool, origin) as done:
        value = await sessions.open_cookie(done.connection, account.principal, encoded)
        done.note("logged_in", account.user_id, "cookie")
    keep(response, here.settings.web, value)


@router.post("/api/auth/refresh", responses=REFUSED, dependencies=SECRET)
async def refresh(body: RefreshBody, here: Here, origin: From) -> TokenPair:
    """Exchange a refresh token, once, for the next pair; using one twice ends the session."""
    async with deed(here.pool, origin) as done:
        outcome = await here.identity.sessions.refresh(done.connection, body.refresh_token)
        if isinstance(outcome, Refreshed):
            done.note("refreshed", outcome.user_id)
            return outcome.pair
        owner = outcome.ended.user_id if outcome.ended else None
        if outcome.refusal == "reused" and owner:
            done.note("refresh_reused", owner)
    if outcome.refusal == "reused" and outcome.ended:
        here.identity.standing.ended([outcome.ended.session])
    else:
        entry = Entry(type="refresh_refused", origin=origin, user_id=owner, detail=outcome.refusal)
        here.identity.audit.refused(entry)
    raise outcome


@router.post("/api/auth/logout", status_code=status.HTTP_204_NO_CONTENT, responses=REFUSED)
async def logout(
    request: Request,
    response: Response,
    here: Here,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    body: LogoutBody | None = None,
) -> None:
    """End a session, named by its refresh token or by what the request is sent with."""
    token, claims = body.refresh_token if body else None, None
    if not token:
        claims = await session_of(request, here, await claims_of(request, here, given))
        drop(response, here.settings.web)
    async with deed(here.pool, origin(request)) as done:
        if claims:
            ended = await sessions.close(done.connection, claims.session)
        else:
            ended = await sessions.close_by(done.connection, token or "")
        if ended:
            done.note("logged_out", ended.user_id)
    here.identity.standing.ended([ended.session] if ended else [])


@router.post("/api/auth/logout-everywhere", status_code=status.HTTP_204_NO_CONTENT, responses=REFUSED)
async def logout_everywhere(
    response: Response, caller: Person, here: Here, origin: From, body: LogoutEverywhereBody | None = None
) -> None:
    """End every session of the caller; tokens, cookies and open sockets of them end within two seconds."""
    keys = bool(body and body.api_keys)
    async with deed(here.pool, origin) as done:
        ended = await sessions.close_all(done.connection, caller, keys=keys)
        done.note("logged_out_everywhere", caller.user_id, "and API keys" if keys else "")
    here.identity.standing.ended(ended)
    drop(response, here.settings.web)


@router.post("/api/auth/password", status_code=status.HTTP_204_NO_CONTENT, responses=LIMITED)
async def change_password(response: Response, body: PasswordBody, caller: Person, here: Here, origin: From) -> None:
    """Change the password; every session ends, this one too."""
    async with Guess(here, origin, caller.email):
        change = await here.identity.accounts.checked_change(caller, body.current_password, body.new_password)
        async with deed(here.pool, origin) as done:
            ended = await accounts.change_password(done.connection, caller, change)
            done.note("password_changed", caller.user_id)
    here.identity.standing.ended(ended)
    drop(response, here.settings.web)


@router.get("/api/auth/me", responses=REFUSED)
async def me(claims: Known, here: Here) -> Profile:
    """The caller's account."""
    return await here.identity.accounts.of(claims.principal)


@router.delete("/api/auth/me", status_code=status.HTTP_204_NO_CONTENT, responses=LIMITED)
async def delete_me(
    response: Response, claims: Session, here: Here, origin: From, body: DeleteBody | None = None
) -> None:
    """Delete the account and all that is its, for good; the password, or a log-in of just now, proves who asks."""
    caller = claims.principal
    await prove(here, origin, claims, body.password if body else None)
    for run_id in await here.identity.accounts.open_runs(caller):
        await cancel.request(here.pool, here.publisher, run_id, by="owner")
    async with deed(here.pool, origin) as done:
        ended = await accounts.delete(done.connection, caller)
        done.note("account_deleted", caller.user_id)
    here.identity.standing.ended(ended)
    drop(response, here.settings.web)


@router.get("/.well-known/jwks.json")
async def keys(here: Here) -> KeySet:
    """The keys that verify access tokens, so that no service needs a shared secret."""
    return KeySet(keys=here.identity.published_keys)


async def _recognised(here: Services, origin: Origin, email: str, password: str) -> Recognised:
    async with Guess(here, origin, email):
        return await here.identity.accounts.recognise(email, password)
