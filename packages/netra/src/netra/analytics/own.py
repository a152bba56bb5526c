"""netra's own use of models, as events of a workload that is told apart from the tenant's own ones."""

import itertools
import re
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from netra.analytics.database import Database
from netra.analytics.events import UsageEvent
from netra.analytics.ingest.ledger import append
from netra.analytics.scope import OWN_SOURCE

NAMED = re.compile(
    r"\bnetra(?:.s)?\s+(?:own|itself|workload)\b|\bworkload\s+netra\b|[\"“`]netra[\"”`]",
    re.IGNORECASE,
)


async def add(database: Database, tenant_id: UUID, events: Sequence[tuple[UUID, UsageEvent]]) -> int:
    """Add calls under their own ids, so that the same ones a second time add nothing; how many were new."""
    by_day = itertools.groupby(sorted(events, key=_day), key=_day)
    return sum([await append(database, tenant_id, OWN_SOURCE, day, list(of_day)) for day, of_day in by_day])


def _day(event: tuple[UUID, UsageEvent]) -> date:
    return event[1].at.date()


def named_in(question: str) -> bool:
    """Whether the question asks about netra's own use."""
    return NAMED.search(question) is not None
