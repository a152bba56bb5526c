"""Routes of log-in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, status
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel, ConfigDict

from netra.auth.accounts import Account, Registration
from netra.auth.keys import PublicKey
from netra.auth.sessions import TokenPair
from netra.errors import ConflictError, RateLimitedError, UnauthorizedError
from netra.web.access import Caller, Here, bearer
from netra.web.bodies import LoginBody, LogoutBody, RefreshBody, RegisterBody
from netra.web.errors import documented

router = APIRouter(tags=["auth"])
REFUSED = documented(UnauthorizedError)
LIMITED = documented(UnauthorizedError, RateLimitedError)


class KeySet(BaseModel):
    """The public keys that verify access tokens (RFC 7517)."""

    model_config = ConfigDict(frozen=True)

    keys: tuple[PublicKey, ...]


@router.post(
    "/api/auth/register",
    status_code=status.HTTP_201_CREATED,
    responses=documented(ConflictError, RateLimitedError),
)
async def register(request: Request, body: RegisterBody, here: Here) -> TokenPair:
    """Make an account and open its first session."""
    await here.limits.try_register(_address(request))
    registration = Registration(email=body.email, password=body.password, display_name=body.display_name)
    account = await here.accounts.register(registration)
    return await here.sessions.open(account.principal)


@router.post("/api/auth/login", responses=LIMITED)
async def login(request: Request, body: LoginBody, here: Here) -> TokenPair:
    """Open a session."""
    address = _address(request)
    await here.limits.try_login(body.email, address)
    account = await here.accounts.recognise(body.email, body.password)
    await here.limits.login_succeeded(body.email, address)
    return await here.sessions.open(account.principal)


@router.post("/api/auth/refresh", responses=REFUSED)
async def refresh(body: RefreshBody, here: Here) -> TokenPair:
    """Exchange a refresh token, once, for the next pair; using one twice ends the session."""
    return await here.sessions.refresh(body.refresh_token)


@router.post("/api/auth/logout", status_code=status.HTTP_204_NO_CONTENT, responses=REFUSED)
async def logout(
    here: Here,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    body: LogoutBody | None = None,
) -> None:
    """End a session; its access token ends by itself within fifteen minutes."""
    if body and body.refresh_token:
        await here.sessions.close_by(body.refresh_token)
    elif given:
        await here.sessions.close(here.tokens.verify(given.credentials).session)
    else:
        raise UnauthorizedError("no session is named", where="refresh_token", hint="send the refresh token")


@router.get("/api/auth/me", responses=REFUSED)
async def me(caller: Caller, here: Here) -> Account:
    """The caller's account."""
    return await here.accounts.of(caller)


@router.get("/.well-known/jwks.json")
async def keys(here: Here) -> KeySet:
    """The keys that verify access tokens, so that no service needs a shared secret."""
    return KeySet(keys=(here.published_key,))


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
