"""Who is asking, and what they may do."""

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict

Role = Literal["user", "operator"]
Plan = Literal["free", "pro", "enterprise"]
Scope = Literal["runs:read", "runs:write", "approvals:write", "data:write", "operator"]
"""What an API key may be given: read threads and runs, ask and change them, bring usage data, use operators' routes."""
SCOPES: frozenset[Scope] = frozenset(get_args(Scope))


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
    """What a verified access token, cookie or API key says."""

    principal: Principal
    session: UUID
    """The session or the API key: what can be ended before it expires."""
    token_id: str
    expires_at: datetime
    by: Literal["token", "cookie", "key"] = "token"
    scopes: frozenset[Scope] = SCOPES

    def allow(self, scope: Scope) -> bool:
        """Whether this may be done; what only operators may do also takes the role."""
        return scope in self.scopes and (scope != "operator" or self.principal.role == "operator")
