"""Routes that say how the service is; each answers GET, HEAD and OPTIONS."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Response, status

from netra import __version__
from netra.health.records import HealthDocument, Liveness, Readiness, Version
from netra.settings import contract
from netra.web.access import Here

router = APIRouter(tags=["health"])
METHODS = "GET, HEAD, OPTIONS"


async def live() -> Liveness:
    """The process answers."""
    return Liveness()


async def ready(here: Here, response: Response) -> Readiness:
    """Whether the service may take traffic; 503 lists why not."""
    state = await here.readiness.state()
    if not state.ready:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return state


async def health(here: Here, response: Response) -> HealthDocument:
    """Every dependency with its timings; 503 when the service is unhealthy."""
    findings = await here.watch.findings()
    if findings.status == "unhealthy":
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return HealthDocument(
        status=findings.status,
        version=__version__,
        revision=here.settings.revision,
        environment=here.settings.environment,
        at=findings.at,
        uptime_s=round(time.time() - here.started_at.timestamp(), 1),
        probe_ms=findings.probe_ms,
        dependencies=findings.dependencies,
        startup=tuple(here.startup.phases),
    )


async def version(here: Here) -> Version:
    """Which revision answers, and with which configuration."""
    return Version(
        version=__version__,
        revision=here.settings.revision,
        config_fingerprint=here.settings.fingerprint,
        contract_version=contract.VERSION,
        environment=here.settings.environment,
        started_at=here.started_at,
    )


async def allowed() -> Response:
    """The methods of a health document."""
    return Response(status_code=status.HTTP_204_NO_CONTENT, headers={"Allow": METHODS})


def _add(path: str, document: Callable[..., Awaitable[Any]], unavailable: type[Any] | None = None) -> None:
    responses: dict[int | str, dict[str, Any]] = {503: {"model": unavailable}} if unavailable else {}
    router.add_api_route(path, document, methods=["GET"], responses=responses)
    router.add_api_route(path, document, methods=["HEAD"], include_in_schema=False)
    router.add_api_route(path, allowed, methods=["OPTIONS"], include_in_schema=False)


_add("/health/live", live)
_add("/health/ready", ready, Readiness)
_add("/api/health", health, HealthDocument)
_add("/api/version", version)
