"""Which dependencies this app has, and how each is probed."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from netra.errors import DependencyError
from netra.health.http import probe_clickhouse
from netra.health.models import ModelWatch
from netra.health.postgres import probe_postgres, probe_worker
from netra.health.records import Reading
from netra.health.steps import Steps
from netra.health.valkey import probe_valkey
from netra.health.watch import Measure, Probe
from netra.settings.model import Settings
from netra.settings.timeouts import Timeouts
from netra.stores.database import Pool


def probes(settings: Settings, timeouts: Timeouts, pool: Pool, models: ModelWatch) -> dict[str, Probe]:
    """Every dependency by name."""
    named = {
        name: Probe(measure=partial(models.measure, provider=provider), required=False)
        for name, provider in models.providers.items()
    }
    return {
        "postgres": Probe(measure=lambda steps: probe_postgres(steps, settings.postgres, pool), required=True),
        "valkey": Probe(measure=valkey(settings), required=False),
        "clickhouse": Probe(measure=clickhouse(settings), required=False),
        **(named or {"llm": Probe(measure=_not_configured, required=False)}),
        "worker": Probe(measure=lambda steps: probe_worker(steps, pool, timeouts.lease_s), required=True),
    }


def valkey(settings: Settings) -> Measure:
    """How Valkey is probed."""
    return lambda steps: probe_valkey(steps, settings.redis)


def clickhouse(settings: Settings) -> Measure:
    """How ClickHouse is probed."""
    return lambda steps: probe_clickhouse(steps, settings.clickhouse)


async def models_answer(models: ModelWatch) -> None:
    """Every provider's probe as one startup phase."""
    for name, provider in models.providers.items():
        await must_answer(name, partial(models.measure, provider=provider))()


def must_answer(component: str, measure: Measure) -> Callable[[], Awaitable[None]]:
    """The probe as a startup phase: raises DependencyError that says which step failed."""

    async def asked() -> None:
        steps = Steps()
        try:
            await measure(steps)
        except asyncio.CancelledError as error:
            reading = steps.failed(error)
            raise TimeoutError(reading.message) from error
        except Exception as error:
            raise DependencyError(steps.failed(error).message, where=component) from error

    return asked


async def _not_configured(steps: Steps) -> Reading:
    del steps
    return Reading(status="not_configured", message="the builtin analyst serves every role")
