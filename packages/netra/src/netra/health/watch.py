"""Probes every dependency side by side, within a deadline, and at most once a second."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from netra.health.records import Dependency, Overall, Reading
from netra.health.steps import Steps

FRESH_S = 1.0
"""How old good news may be; between two probes every caller gets the same."""
PAUSE_S = 0.25
"""Between bad news and the next measurement: it costs the most when something is down already."""
Measure = Callable[[Steps], Awaitable[Reading]]


class Probe(BaseModel):
    """How to measure one dependency, and whether the service can live without it."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    measure: Measure
    required: bool


class Findings(BaseModel):
    """All dependencies at one moment."""

    model_config = ConfigDict(frozen=True)

    status: Overall
    at: datetime
    probe_ms: float
    dependencies: dict[str, Dependency]


class Watch:
    """Keeps the latest findings."""

    def __init__(self, probes: Mapping[str, Probe], deadline_s: float) -> None:
        """Measure these, each within the deadline."""
        self._probes = dict(probes)
        self._deadline_s = deadline_s
        self._latest: Findings | None = None
        self._taken_at = 0.0
        self._measuring: asyncio.Task[Findings] | None = None

    async def findings(self) -> Findings:
        """The latest findings, at most a second old; callers that come together share one measurement.

        Bad news is not kept: who asks wants to know whether it is over, and a start is judged in its first second.
        """
        age_s = time.monotonic() - self._taken_at
        healthy = self._latest is not None and self._latest.status == "healthy"
        if self._latest and healthy and age_s < FRESH_S:
            return self._latest
        if self._measuring is None or self._measuring.done():
            pause_s = PAUSE_S - age_s if self._latest and not healthy else 0.0
            self._measuring = asyncio.create_task(self._measure(pause_s), name="health")
        return await asyncio.shield(self._measuring)

    async def close(self) -> None:
        """Wait for a measurement under way; it is bounded."""
        if self._measuring:
            await asyncio.wait([self._measuring])

    async def _measure(self, pause_s: float) -> Findings:
        await asyncio.sleep(max(pause_s, 0.0))
        began, at = time.perf_counter(), datetime.now(UTC)
        readings = await asyncio.gather(*(read(p.measure, self._deadline_s) for p in self._probes.values()))
        dependencies = {
            name: self._dated(name, reading, at, required=self._probes[name].required)
            for name, reading in zip(self._probes, readings, strict=True)
        }
        self._latest = Findings(
            status=overall(dependencies),
            at=at,
            probe_ms=round((time.perf_counter() - began) * 1000, 2),
            dependencies=dependencies,
        )
        self._taken_at = time.monotonic()
        return self._latest

    def _dated(self, name: str, reading: Reading, at: datetime, *, required: bool) -> Dependency:
        before = self._latest.dependencies.get(name) if self._latest else None
        unchanged = before is not None and before.status == reading.status
        since = before.since if before and unchanged else at
        return Dependency(**reading.model_dump(), required=required, since=since)


async def read(measure: Measure, deadline_s: float) -> Reading:
    """One reading within the deadline; a failure of any kind is a reading too."""
    steps = Steps()
    try:
        async with asyncio.timeout(deadline_s):
            return await measure(steps)
    except Exception as error:  # noqa: BLE001 - the rim: whatever a probe raises is what it found
        return steps.failed(error)


def overall(dependencies: Mapping[str, Dependency]) -> Overall:
    """Unhealthy without a required dependency, degraded without another."""
    failed = [d for d in dependencies.values() if d.status == "failed"]
    if any(d.required for d in failed):
        return "unhealthy"
    return "degraded" if failed else "healthy"
