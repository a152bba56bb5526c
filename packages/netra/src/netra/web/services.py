"""What the routes work with: made once when the app starts, reached through the app's state."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import HTTPConnection

from netra.auth.limits import Limits
from netra.health.readiness import ReadinessCheck
from netra.health.startup import Startup
from netra.health.watch import Watch
from netra.runs.publisher import Publisher
from netra.runs.subscribe import Feed
from netra.runs.warehouse import Warehouse
from netra.settings.model import Settings
from netra.settings.timeouts import Timeouts
from netra.stores.database import Pool
from netra.web.identity import Identity
from netra.web.importers import Importers


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything with the app's lifetime."""

    settings: Settings
    timeouts: Timeouts
    started_at: datetime
    closing: asyncio.Event
    """Set when the server is about to stop: streams end."""
    pool: Pool
    identity: Identity
    limits: Limits
    publisher: Publisher
    feed: Feed
    importers: Importers
    warehouse: Warehouse
    """ClickHouse, connected when a route first asks it."""
    startup: Startup
    watch: Watch
    readiness: ReadinessCheck


def services_of(connection: HTTPConnection) -> Services:
    """The services of the app that serves this request or socket."""
    services: Services = connection.app.state.services
    return services
