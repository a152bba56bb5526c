"""A generated data set into a tenant's data, by the same transaction as a file."""

from uuid import UUID

from netra.analytics.database import Database
from netra.analytics.events import Identities
from netra.analytics.generator import GenerationPlan, Truth, generate
from netra.analytics.ingest.commit import BATCH, Import
from netra.analytics.scope import Frozen


class GenerationSummary(Frozen):
    """What was added, and the truth that was put into it."""

    tenant_id: UUID
    requests: int
    imported: int
    already_there: int
    plan: GenerationPlan
    truth: Truth


async def import_generated(database: Database, tenant_id: UUID, plan: GenerationPlan) -> GenerationSummary:
    """Generate and commit; the same plan a second time adds nothing."""
    made = generate(plan)
    source = f"generated, seed {plan.seed}"
    work = Import(database, tenant_id, source)
    identities = Identities(tenant_id, source)
    await work.begin()
    for first in range(0, len(made.events), BATCH):
        batch = made.events[first : first + BATCH]
        await work.gather([(identities.of(event, None), event) for event in batch])
    committed = await work.commit()
    return GenerationSummary(
        tenant_id=tenant_id,
        requests=len(made.events),
        imported=committed.imported,
        already_there=committed.already_there,
        plan=plan,
        truth=made.truth,
    )
