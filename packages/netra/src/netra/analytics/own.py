"""netra's own use of models, as events of a workload that is told apart from the tenant's own ones."""

import re
from collections.abc import Sequence
from uuid import UUID

from netra.analytics.database import Database
from netra.analytics.events import UsageEvent
from netra.analytics.ingest.commit import Committed, Import
from netra.analytics.scope import OWN_SOURCE

NAMED = re.compile(
    r"\bnetra(?:.s)?\s+(?:own|itself|workload)\b|\bworkload\s+netra\b|[\"“`]netra[\"”`]",
    re.IGNORECASE,
)


async def add(database: Database, tenant_id: UUID, events: Sequence[tuple[UUID, UsageEvent]]) -> Committed:
    """Commit calls under their own ids, so that the same ones a second time add nothing."""
    work = Import(database, tenant_id, OWN_SOURCE)
    await work.begin()
    await work.gather(events)
    return await work.commit()


def named_in(question: str) -> bool:
    """Whether the question asks about netra's own use."""
    return NAMED.search(question) is not None
