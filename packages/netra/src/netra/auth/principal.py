"""Who is asking."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

Role = Literal["user", "operator"]
Plan = Literal["free", "pro", "enterprise"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Principal(_Frozen):
    """The user on whose behalf something happens; every query is scoped by it."""

    user_id: UUID
    tenant_id: UUID
    email: str
    role: Role = "user"
    plan: Plan = "free"


class Claims(_Frozen):
    """What a verified access token says."""

    principal: Principal
    session: UUID
    """The family of refresh tokens that the access token belongs to."""
    token_id: str
    expires_at: datetime
