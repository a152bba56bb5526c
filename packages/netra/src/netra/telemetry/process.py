"""Telemetry of one process: begun before anything else, ended after everything else."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from netra.settings.model import Settings
from netra.telemetry import exposition, spans
from netra.telemetry.lag import watched


@asynccontextmanager
async def telling(settings: Settings, component: str) -> AsyncGenerator[None]:
    """Count, trace and watch the loop for the length of the block."""
    exposition.begin(settings, component)
    with watched():
        if not settings.telemetry.collector:
            yield
            return
        # OpenTelemetry's SDK takes a tenth of a second to import; a process without a collector starts without it.
        from netra.telemetry.tracing import Tracing  # noqa: PLC0415

        tracing = Tracing(settings, component)
        spans.use(tracing)
        try:
            yield
        finally:
            spans.use(None)
            await asyncio.to_thread(tracing.close)
