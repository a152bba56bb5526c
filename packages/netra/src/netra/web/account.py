"""Routes of the caller's own account: its name, and the sessions that are open."""

from uuid import UUID

from fastapi import APIRouter, status
from pydantic import BaseModel, ConfigDict

from netra.auth import sessions
from netra.auth.accounts import Profile
from netra.auth.deeds import deed
from netra.auth.sessions import OpenSession
from netra.errors import NotFoundError
from netra.web.access import From, Here, Person, Session
from netra.web.bodies import ProfileBody
from netra.web.errors import REFUSED, documented

router = APIRouter(prefix="/api/auth", tags=["auth"])


class SessionList(BaseModel):
    """Where the caller is logged in."""

    model_config = ConfigDict(frozen=True)

    sessions: tuple[OpenSession, ...]


@router.patch("/me", responses=REFUSED)
async def change_me(body: ProfileBody, caller: Person, here: Here) -> Profile:
    """Be called by another name."""
    return await here.identity.accounts.rename(caller, body.display_name)


@router.get("/sessions", responses=REFUSED)
async def list_sessions(claims: Session, here: Here) -> SessionList:
    """The caller's sessions that can still be used, newest first."""
    return SessionList(sessions=await sessions.sessions_of(here.pool, claims))


@router.delete(
    "/sessions/{session_id}", status_code=status.HTTP_204_NO_CONTENT, responses=REFUSED | documented(NotFoundError)
)
async def end_session(session_id: UUID, caller: Person, here: Here, origin: From) -> None:
    """End one of the caller's sessions, this one too; its tokens, cookie and sockets end within two seconds."""
    async with deed(here.pool, origin) as done:
        await sessions.close_own(done.connection, caller, session_id)
        done.note("logged_out", caller.user_id, f"session {session_id}")
    here.identity.standing.ended([session_id])
