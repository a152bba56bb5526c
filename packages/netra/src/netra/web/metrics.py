"""The route of metrics: for whoever has the token; without one it exists only in `local`."""

import asyncio

from fastapi import APIRouter, Request, Response

from netra.errors import NotFoundError, UnauthorizedError
from netra.runs.scrape import NOT_KNOWN, read_queue
from netra.telemetry.exposition import CONTENT_TYPE, may_read, text
from netra.telemetry.instruments import HEALTH, READY
from netra.web.access import Here
from netra.web.services import Services

router = APIRouter(include_in_schema=False)
UP = {"ok": 1.0, "not_configured": 1.0, "failed": 0.0}


@router.get("/metrics")
async def metrics(request: Request, here: Here) -> Response:
    """Every series of this process, in Prometheus' text format."""
    _admit(request, here)
    await asyncio.gather(read_queue(here.pool), _read_health(here))
    return Response(text(), media_type=CONTENT_TYPE)


def _admit(request: Request, here: Services) -> None:
    """What a process does is nobody's business but its operators'."""
    token = here.settings.telemetry.metrics_token
    if token is None:
        if here.settings.environment != "local":
            raise NotFoundError("metrics are not shown here", where="/metrics", hint="set METRICS_TOKEN to see them")
    elif not may_read(request.headers.get("authorization", ""), token):
        raise UnauthorizedError("metrics need their own token", where="authorization", hint="send METRICS_TOKEN")


async def _read_health(here: Services) -> None:
    # Side by side, so that both come of one measurement.
    findings, readiness = await asyncio.gather(here.watch.findings(), here.readiness.state())
    for name, dependency in findings.dependencies.items():
        HEALTH.set(UP.get(dependency.status, NOT_KNOWN), name)
    READY.set(readiness.ready)
