"""Routes of API keys: what a person's programs log in with."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Depends, status
from pydantic import BaseModel, ConfigDict

from netra.auth import api_keys
from netra.auth.api_keys import ApiKey, KeyWish, NewApiKey
from netra.auth.deeds import deed
from netra.errors import ConflictError, NotFoundError
from netra.web.access import From, Here, Person, noted, unstored
from netra.web.bodies import ApiKeyBody
from netra.web.errors import REFUSED, documented

router = APIRouter(prefix="/api/auth/keys", tags=["auth"])


class ApiKeyList(BaseModel):
    """The caller's keys."""

    model_config = ConfigDict(frozen=True)

    keys: tuple[ApiKey, ...]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=REFUSED | documented(ConflictError),
    dependencies=[Depends(unstored)],
)
async def create_key(body: ApiKeyBody, caller: Person, here: Here, origin: From) -> NewApiKey:
    """Make a key; this answer is the only one that shows it."""
    lifetime = None if body.expires_in_days is None else timedelta(days=body.expires_in_days)
    wish = KeyWish(name=body.name, scopes=body.scopes, lifetime=lifetime)
    with noted(here, origin, caller):
        async with deed(here.pool, origin) as done:
            made = await api_keys.create(done.connection, caller, wish)
            done.note("key_created", caller.user_id, f"{made.prefix} {' '.join(made.scopes)}")
    return made


@router.get("", responses=REFUSED)
async def list_keys(caller: Person, here: Here) -> ApiKeyList:
    """The caller's keys that are not revoked, newest first."""
    return ApiKeyList(keys=await api_keys.keys_of(here.pool, caller))


@router.delete("/{key_id}", status_code=status.HTTP_204_NO_CONTENT, responses=REFUSED | documented(NotFoundError))
async def revoke_key(key_id: UUID, caller: Person, here: Here, origin: From) -> None:
    """Revoke a key; it is refused within two seconds, and its sockets close."""
    async with deed(here.pool, origin) as done:
        await api_keys.revoke(done.connection, caller, key_id)
        done.note("key_revoked", caller.user_id, str(key_id))
    here.identity.standing.ended([key_id])
