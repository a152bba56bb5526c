"""Routes of operators: what happened to accounts, and which runs there are; never what anybody wrote."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from netra.auth import audit
from netra.auth.audit import AuditPage, AuditType
from netra.runs import inspection, overview
from netra.runs.inspection import Inspection
from netra.runs.overview import RunPage, Status
from netra.web.access import Here, Operator
from netra.web.errors import OWNED, REFUSED

router = APIRouter(prefix="/api/operator", tags=["operator"])
LARGEST_ID = 2**63 - 1


class AuditQuery(BaseModel):
    """Which events."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: int | None = Field(default=None, ge=1, le=LARGEST_ID, description="`next_before` of the page before.")
    type: AuditType | None = None
    user_id: UUID | None = None
    limit: int = Field(default=50, ge=1, le=500)


@router.get("/audit", responses=REFUSED)
async def list_audit(caller: Operator, here: Here, wanted: Annotated[AuditQuery, Query()]) -> AuditPage:
    """What happened to accounts, sessions and keys, newest first."""
    del caller
    return await audit.page(
        here.pool, before=wanted.before, kind=wanted.type, user_id=wanted.user_id, limit=wanted.limit
    )


class RunsQuery(BaseModel):
    """Which runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: int | None = Field(default=None, ge=1, le=LARGEST_ID, description="`next_before` of the page before.")
    status: Status | None = None
    user_id: UUID | None = None
    limit: int = Field(default=50, ge=1, le=500)


@router.get("/runs", responses=REFUSED)
async def list_runs(caller: Operator, here: Here, wanted: Annotated[RunsQuery, Query()]) -> RunPage:
    """Everybody's runs, newest first: how they stand, and nothing of what they are about."""
    del caller
    return await overview.page(
        here.pool, before=wanted.before, status=wanted.status, user_id=wanted.user_id, limit=wanted.limit
    )


@router.get("/runs/{run_id}", responses=OWNED)
async def get_run(run_id: UUID, caller: Operator, here: Here) -> Inspection:
    """One run: its steps and model calls with times and sizes, and nothing of what they are about."""
    del caller
    return await inspection.inspect(here.pool, run_id)
