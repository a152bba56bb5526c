"""Which runs this worker holds: claimed for a few seconds, renewed, given back."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from netra.agents.memory import Remembered
from netra.agents.steps import Client
from netra.errors import ConflictError
from netra.runs.log import QUERIES
from netra.stores.database import Executor, Record


class Claim(BaseModel):
    """A run this worker may execute, as long as it renews the lease; `attempt` is the fence of its appends."""

    model_config = ConfigDict(frozen=True)

    run_id: UUID
    thread_id: UUID
    tenant_id: UUID
    user_id: UUID
    attempt: int
    parks: int = 0
    """How many of its claims followed a wait for a person, and not the loss of a worker."""
    last_seq: int
    accepted_at: datetime
    deadline: float
    """By `time.monotonic` of this process."""
    cancel_requested_by: str
    question: str
    history: tuple[Remembered, ...]
    """Earlier messages of the thread that are in no digest, oldest first."""
    digest: str = ""
    """What the thread was about before them."""
    traceparent: str = ""
    """Of what accepted the run, if that was traced."""
    request_id: str = ""
    """Of the request or socket that asked."""

    @property
    def client(self) -> Client:
        """Whose run it is, for whatever is asked on its behalf."""
        return Client(run_id=self.run_id, user_id=self.user_id, tenant_id=self.tenant_id, attempt=self.attempt)

    @property
    def seconds_left(self) -> float:
        """Until the run's deadline; 0 when it has passed."""
        return max(self.deadline - time.monotonic(), 0.0)


class Renewed(NamedTuple):
    """A lease that is still this worker's."""

    run_id: UUID
    cancel_requested_by: str
    """Who wants the run to end; empty when nobody does."""


class Leases:
    """Claims runs in the name of one worker."""

    def __init__(self, database: Executor, *, owner: str, revision: str, lease_s: float) -> None:
        """Claim for `owner`, first of all what `revision` accepted."""
        self._database = database
        self._owner = owner
        self._revision = revision
        self._lease_s = lease_s
        self._until: dict[tuple[UUID, int], float] = {}
        """By run and attempt: until when, by this process's clock, nobody else may claim it."""

    async def claim(self, limit: int) -> list[Claim]:
        """Take up to `limit` runs: new ones in order of acceptance, and those whose worker was lost."""
        asked = time.monotonic()
        rows = await self._database.fetch(QUERIES["claim"], self._owner, self._revision, self._lease_s, limit)
        now = time.monotonic()
        claims = [
            Claim.model_validate({**dict(row.items()), "deadline": now + row["seconds_left"]})
            for row in sorted(rows, key=_position)
        ]
        self._hold([(claim.run_id, claim.attempt) for claim in claims], asked)
        return claims

    async def renew(self, claims: Sequence[Claim]) -> list[Renewed]:
        """Keep those that are still mine; what is missing from the answer was lost."""
        asked = time.monotonic()
        rows = await self._database.fetch(QUERIES["renew"], self._owner, *_keys(claims), self._lease_s)
        mine = {row["id"] for row in rows}
        self._hold([(claim.run_id, claim.attempt) for claim in claims if claim.run_id in mine], asked)
        return [Renewed(row["id"], row["cancel_requested_by"]) for row in rows]

    async def keep(self, claim: Claim) -> None:
        """See that nobody else may have the run for a moment: a process that was frozen does not know how late it is.

        Raises ConflictError when another has it.
        """
        left = self._until.get((claim.run_id, claim.attempt), 0.0) - time.monotonic()
        if left < self._lease_s / 2 and not await self.renew([claim]):
            raise ConflictError("the lease was lost", where=f"run {claim.run_id}")

    def _hold(self, keys: Sequence[tuple[UUID, int]], asked: float) -> None:
        now = time.monotonic()
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._until.update(dict.fromkeys(keys, asked + self._lease_s))

    async def release(self, claims: Sequence[Claim]) -> None:
        """Give them back, so that another worker continues at once."""
        await self._database.execute(QUERIES["release"], self._owner, *_keys(claims))


def _keys(claims: Sequence[Claim]) -> tuple[list[UUID], list[int]]:
    return [claim.run_id for claim in claims], [claim.attempt for claim in claims]


def _position(row: Record) -> int:
    return row["position"]
