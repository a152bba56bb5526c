"""Whether this process may take traffic, and if not, why."""

import time

from netra.errors import NetraError
from netra.health.models import ModelWatch
from netra.health.records import Readiness, Reason
from netra.health.startup import Startup
from netra.health.watch import FRESH_S, Watch
from netra.stores.database import Pool
from netra.stores.migrations import Migration, pending
from netra.stores.postgres import FAILURES


class ReadinessCheck:
    """Asks startup, PostgreSQL, the schema and the models."""

    def __init__(self, startup: Startup, watch: Watch, schema: "Schema", models: ModelWatch) -> None:
        """Ask these."""
        self._startup = startup
        self._watch = watch
        self._schema = schema
        self._models = models

    async def state(self) -> Readiness:
        """The present readiness, at most a second old."""
        reasons = [] if self._startup.complete else [Reason(component="startup", message="the start is not complete")]
        findings = await self._watch.findings()
        postgres = findings.dependencies["postgres"]
        if postgres.status == "failed":
            reasons.append(Reason(component="postgres", message=postgres.message))
        else:
            reasons += await self._schema.reasons()
        reasons += self._models.reasons(findings.dependencies)
        return Readiness(ready=not reasons, reasons=tuple(reasons))


class Schema:
    """Whether PostgreSQL is at the schema of this revision."""

    def __init__(self, pool: Pool, migrations: tuple[Migration, ...]) -> None:
        """Expect these migrations to be applied."""
        self._pool = pool
        self._migrations = migrations
        self._found: tuple[Reason, ...] = ()
        self._found_at = float("-inf")

    async def reasons(self) -> tuple[Reason, ...]:
        """Why not, at most a second old."""
        if time.monotonic() - self._found_at >= FRESH_S:
            self._found = await self._ask()
            self._found_at = time.monotonic()
        return self._found

    async def _ask(self) -> tuple[Reason, ...]:
        try:
            names = await pending(self._pool, self._migrations)
        except NetraError:
            # A newer revision migrated while this one serves: its migrations are forward only, this one goes on.
            return ()
        except FAILURES as error:
            return (Reason(component="postgres", message=f"the schema cannot be read ({type(error).__name__})"),)
        if not names:
            return ()
        return (Reason(component="migrations", message=f"not applied: {', '.join(names)}; run `netra migrate`"),)
