"""The one table of deadlines and limits, with its invariants checked when it is loaded."""

import itertools
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class Timeouts(BaseModel):
    """Every deadline in seconds and every limit in its unit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connect_s: float = 10.0
    """One connection to a datastore, log-in included; above the 5 s timer of a resolver, so that it can be seen."""
    query_s: float = 5.0
    health_probe_s: float = 2.0
    readiness_period_s: float = 5.0
    startup_phase_s: float = 30.0
    llm_first_byte_s: float = 20.0
    llm_call_s: float = 45.0
    restart_s: float = 5.0
    """A call that may be made again waits this long for a datastore that takes no connections."""
    tool_s: float = 50.0
    agent_s: float = 60.0
    run_s: float = 100.0
    client_wait_s: float = 130.0
    approval_s: float = 3600.0
    """How long a run waits for its owner's approval; its own time stands still meanwhile."""
    lease_s: float = 3.0
    """A worker that has not renewed a run for this long has lost it."""
    lease_renewal_s: float = 1.0
    delta_batch_s: float = 0.025
    delta_batch_bytes: int = 4096
    message_bytes: int = 65536
    outbox_events: int = 1000
    heartbeat_s: float = 20.0
    """A socket is pinged this often and may answer this late; either end gives a silent other up within two of them."""
    head_s: float = 10.0
    """A request's head, from its first byte or from the connection on."""
    body_s: float = 30.0
    """A request's body; also how long a reader of a stream may take nothing."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        chains = (
            ("llm_first_byte_s", "llm_call_s", "tool_s", "agent_s", "run_s", "client_wait_s"),
            ("health_probe_s", "readiness_period_s"),
            ("lease_renewal_s", "lease_s"),
            ("query_s", "tool_s"),
            ("restart_s", "tool_s"),
        )
        for chain in chains:
            for small, large in itertools.pairwise(chain):
                if getattr(self, small) >= getattr(self, large):
                    message = f"{small} must be below {large}"
                    raise ValueError(message)
        return self
