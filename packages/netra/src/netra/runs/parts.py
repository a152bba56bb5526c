"""What the runs of a process share, and what one attempt at a run consists of."""

from dataclasses import dataclass

from clickhouse_connect.driver.asyncclient import AsyncClient

from netra.agents.roster import Roster
from netra.runs.leases import Claim
from netra.runs.log import EventLog
from netra.runs.progress import Progress
from netra.runs.writer import RunWriter
from netra.settings.timeouts import Timeouts
from netra.tools.registry import ToolContext, Tools


@dataclass(frozen=True, kw_only=True)
class Parts:
    """For the life of a process."""

    log: EventLog
    roster: Roster
    tools: Tools
    clickhouse: AsyncClient
    timeouts: Timeouts


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """For one worker's execution of one run."""

    parts: Parts
    claim: Claim
    state: Progress
    writer: RunWriter

    @property
    def tool_context(self) -> ToolContext:
        """What this run's tools receive; the tenant comes from the run's row, never from a model."""
        claim = self.claim
        return ToolContext(tenant_id=claim.tenant_id, clickhouse=self.parts.clickhouse, now=claim.accepted_at)
