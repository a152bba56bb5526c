"""What the runs of a process share, and what one attempt at a run consists of."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from netra.agents.memory import Memory
from netra.agents.roster import Roster
from netra.events.union import QueryRun
from netra.runs.leases import Claim, Leases
from netra.runs.log import EventLog
from netra.runs.memory import Shortener
from netra.runs.progress import Progress
from netra.runs.warehouse import Warehouse
from netra.runs.writer import RunWriter
from netra.settings.timeouts import Timeouts
from netra.stores.database import Pool
from netra.tools.registry import ToolContext, Tools


class Toolbox(Protocol):
    """Where the tools are that a tenant brings itself."""

    async def of(self, tenant_id: UUID) -> Tools:
        """Those that may be called now. Raises NetraError when that cannot be said."""
        ...


@dataclass(frozen=True, kw_only=True)
class Parts:
    """For the life of a process."""

    pool: Pool
    log: EventLog
    leases: Leases
    roster: Roster
    tools: Tools
    """Of every tenant."""
    warehouse: Warehouse
    timeouts: Timeouts
    shortener: Shortener | None = None
    """Of conversations that have become long; without a model they are shortened by rule."""
    toolbox: Toolbox | None = None
    """The tools that tenants bring themselves."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """For one worker's execution of one run."""

    parts: Parts
    claim: Claim
    state: Progress
    tools: Tools
    """Everybody's, and the tenant's own."""
    memory: Memory
    """What the thread was about before this run."""
    writer: RunWriter

    async def tool_context(self, asked: list[QueryRun]) -> ToolContext:
        """What a call receives; the tenant comes from the run's row, never from a model. `asked` gets its queries."""
        return ToolContext(
            tenant_id=self.claim.tenant_id,
            user_id=self.claim.user_id,
            clickhouse=await self.parts.warehouse.client(),
            pool=self.parts.pool,
            now=self.claim.accepted_at,
            asked=asked,
        )
