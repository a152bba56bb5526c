"""How many more runs a person may have open."""

from netra.auth.limits import plan_of
from netra.auth.principal import Principal
from netra.errors import Allowance
from netra.runs.log import QUERIES
from netra.stores.database import Executor


async def left(database: Executor, principal: Principal) -> Allowance:
    """What is left; all of it is free again when the last of them must have ended."""
    limit = plan_of(principal).open_runs
    row = await database.fetchrow(QUERIES["open"], principal.user_id)
    used, resets_in_s = (row["open"], row["resets_s"]) if row else (0, 0.0)
    return Allowance(name="open_runs", limit=limit, remaining=max(limit - used, 0), resets_in_s=resets_in_s)
