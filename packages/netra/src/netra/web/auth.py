"""Routes of log-in: accounts, sessions, and the keys that verify access tokens."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel, ConfigDict

from netra.auth.accounts import Account, Proof, Recognised, Registration, WrongPasswordError
from netra.auth.audit import Entry, Origin
from netra.auth.keys import PublicKey
from netra.auth.sessions import RefreshRefusedError, TokenPair
from netra.errors import ConflictError, RateLimitedError
from netra.runs import cancel
from netra.web.access import From, Here, Known, Person, Session, bearer, claims_of, origin, session_of, unstored
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
    await here.limits.try_register(origin.address)
    registration = Registration(email=body.email, password=body.password, display_name=body.display_name)
    account = await here.identity.accounts.register(registration)
    pair = await here.identity.sessions.open(account.principal)
    await here.identity.audit.write(Entry(type="registered", origin=origin, user_id=account.user_id))
    return pair


@router.post("/api/auth/login", responses=LIMITED, dependencies=SECRET)
async def login(body: LoginBody, here: Here, origin: From) -> TokenPair:
    """Open a session."""
    account, encoded = await _recognised(here, origin, body.email, body.password)
    pair = await here.identity.sessions.open(account.principal, encoded)
    await here.identity.audit.write(Entry(type="logged_in", origin=origin, user_id=account.user_id))
    return pair


@router.post("/api/auth/cookie", status_code=status.HTTP_204_NO_CONTENT, responses=LIMITED)
async def login_page(request: Request, response: Response, body: LoginBody, here: Here, origin: From) -> None:
    """Open a session that a cookie holds, for the pages of this site; scripts cannot read it."""
    refuse_foreign_page(request, here.settings.web, cookie=False)
    account, encoded = await _recognised(here, origin, body.email, body.password)
    value = await here.identity.sessions.open_cookie(account.principal, encoded)
    await here.identity.audit.write(Entry(type="logged_in", origin=origin, user_id=account.user_id, detail="cookie"))
    keep(response, here.settings.web, value)


@router.post("/api/auth/refresh", responses=REFUSED, dependencies=SECRET)
async def refresh(body: RefreshBody, here: Here, origin: From) -> TokenPair:
    """Exchange a refresh token, once, for the next pair; using one twice ends the session."""
    audit = here.identity.audit
    try:
        pair, user_id = await here.identity.sessions.refresh(body.refresh_token)
    except RefreshRefusedError as error:
        owner = error.ended.user_id if error.ended else None
        if error.refusal == "reused" and error.ended:
            here.identity.standing.ended([error.ended.session])
            await audit.write(Entry(type="refresh_reused", origin=origin, user_id=owner))
        else:
            audit.refused(Entry(type="refresh_refused", origin=origin, user_id=owner, detail=error.refusal))
        raise
    await audit.write(Entry(type="refreshed", origin=origin, user_id=user_id))
    return pair


@router.post("/api/auth/logout", status_code=status.HTTP_204_NO_CONTENT, responses=REFUSED)
async def logout(
    request: Request,
    response: Response,
    here: Here,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    body: LogoutBody | None = None,
) -> None:
    """End a session, named by its refresh token or by what the request is sent with."""
    sessions = here.identity.sessions
    if body and body.refresh_token:
        ended = await sessions.close_by(body.refresh_token)
    else:
        claims = await session_of(await claims_of(request, here, given))
        ended = await sessions.close(claims.session)
        drop(response, here.settings.web)
    if ended:
        here.identity.standing.ended([ended.session])
        await here.identity.audit.write(Entry(type="logged_out", origin=origin(request), user_id=ended.user_id))


@router.post("/api/auth/logout-everywhere", status_code=status.HTTP_204_NO_CONTENT, responses=REFUSED)
async def logout_everywhere(
    response: Response, caller: Person, here: Here, origin: From, body: LogoutEverywhereBody | None = None
) -> None:
    """End every session of the caller; tokens, cookies and open sockets of them end within two seconds."""
    keys = bool(body and body.api_keys)
    ended = await here.identity.sessions.close_all(caller, keys=keys)
    here.identity.standing.ended(ended)
    detail = "and API keys" if keys else ""
    await here.identity.audit.write(
        Entry(type="logged_out_everywhere", origin=origin, user_id=caller.user_id, detail=detail)
    )
    drop(response, here.settings.web)


@router.post("/api/auth/password", status_code=status.HTTP_204_NO_CONTENT, responses=LIMITED)
async def change_password(response: Response, body: PasswordBody, caller: Person, here: Here, origin: From) -> None:
    """Change the password; every session ends, this one too."""
    async with _Guess(here, origin, caller.email):
        ended = await here.identity.accounts.change_password(caller, body.current_password, body.new_password)
    here.identity.standing.ended(ended)
    await here.identity.audit.write(Entry(type="password_changed", origin=origin, user_id=caller.user_id))
    drop(response, here.settings.web)


@router.get("/api/auth/me", responses=REFUSED)
async def me(claims: Known, here: Here) -> Account:
    """The caller's account."""
    return await here.identity.accounts.of(claims.principal)


@router.delete("/api/auth/me", status_code=status.HTTP_204_NO_CONTENT, responses=LIMITED)
async def delete_me(
    response: Response, claims: Session, here: Here, origin: From, body: DeleteBody | None = None
) -> None:
    """Delete the account and all that is its, for good; the password, or a log-in of just now, proves who asks."""
    caller, accounts = claims.principal, here.identity.accounts
    password = body.password if body else None
    proof = Proof(password=password, opened_at=await here.identity.standing.opened_at(claims.session))
    async with _Guess(here, origin, caller.email):
        await accounts.prove(caller, proof)
    for run_id in await accounts.open_runs(caller):
        await cancel.request(here.pool, here.publisher, run_id, by="owner")
    here.identity.standing.ended(await accounts.delete(caller))
    await here.identity.audit.write(Entry(type="account_deleted", origin=origin, user_id=caller.user_id))
    drop(response, here.settings.web)


@router.get("/.well-known/jwks.json")
async def keys(here: Here) -> KeySet:
    """The keys that verify access tokens, so that no service needs a shared secret."""
    return KeySet(keys=here.identity.published_keys)


class _Guess:
    """Counts a password that is tried, and notes one that is wrong."""

    def __init__(self, here: Services, origin: Origin, email: str) -> None:
        self._here, self._origin, self._email = here, origin, email

    async def __aenter__(self) -> None:
        try:
            await self._here.limits.try_login(self._email, self._origin.address)
        except RateLimitedError as error:
            self._here.identity.audit.refused(Entry(type="throttled", origin=self._origin, detail=error.message))
            raise

    async def __aexit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, WrongPasswordError):
            self._here.identity.audit.refused(Entry(type="login_failed", origin=self._origin, user_id=error.user_id))
        elif error is None:
            await self._here.limits.login_succeeded(self._email, self._origin.address)


async def _recognised(here: Services, origin: Origin, email: str, password: str) -> Recognised:
    async with _Guess(here, origin, email):
        return await here.identity.accounts.recognise(email, password)
