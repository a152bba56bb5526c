"""The one place where the parts meet: opened phase by phase, closed in reverse."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from uuid import uuid4

from netra.auth.keys import KeyRing
from netra.auth.limits import Limits
from netra.errors import StartupError
from netra.health.models import ModelWatch
from netra.health.readiness import ReadinessCheck, Schema
from netra.health.startup import Startup
from netra.health.watch import Watch
from netra.runs.log import EventLog
from netra.runs.publisher import Publisher
from netra.runs.subscribe import Feed
from netra.runs.sweeper import Sweeper
from netra.runs.warehouse import Warehouse
from netra.settings.model import Settings
from netra.settings.timeouts import Timeouts
from netra.stores import migrations, postgres, valkey
from netra.stores.database import Pool
from netra.stores.migrations import Migration
from netra.stores.open_sockets import OpenSockets
from netra.stores.shared import Shared
from netra.stores.windows import Windows
from netra.web import probes
from netra.web.identity import open_identity
from netra.web.importers import Importers
from netra.web.services import Services

POOL_SIZE = 10
"""Connections to PostgreSQL; requests hold one for milliseconds, sockets and streams hold none."""


class Assembly:
    """Makes the services of one app."""

    def __init__(self, settings: Settings, timeouts: Timeouts, startup: Startup, closing: asyncio.Event) -> None:
        """Make them from these settings; `closing` is set when the server is about to stop."""
        self._settings = settings
        self._timeouts = timeouts
        self._startup = startup
        self._closing = closing
        self._models = ModelWatch(settings.llm)

    async def open(self, stack: AsyncExitStack) -> Services:
        """Run the startup phases; raises StartupError with the first that failed."""
        startup, settings = self._startup, self._settings
        keys = await startup.required("settings", self._keys)
        pool = await startup.required("postgres", lambda: self._pool(stack))
        known = await startup.required("migrations", lambda: _migrated(pool))
        await startup.required("valkey", probes.must_answer("valkey", probes.valkey(settings)))
        await startup.optional("clickhouse", probes.must_answer("clickhouse", probes.clickhouse(settings)))
        await startup.optional("llm", lambda: probes.models_answer(self._models))
        return await startup.required("doors", lambda: self._services(stack, keys, pool, known))

    async def _keys(self) -> KeyRing:
        return KeyRing.read(self._settings.auth_signing_key, self._settings.auth_previous_keys)

    async def _pool(self, stack: AsyncExitStack) -> Pool:
        opened = postgres.pool(self._settings.postgres, max_size=POOL_SIZE, timeouts=self._timeouts)
        return await stack.enter_async_context(opened)

    async def _services(
        self, stack: AsyncExitStack, keys: KeyRing, pool: Pool, known: tuple[Migration, ...]
    ) -> Services:
        client = valkey.open_client(self._settings.redis, timeouts=self._timeouts)
        stack.push_async_callback(client.aclose)
        shared = Shared(client)
        sockets = await stack.enter_async_context(OpenSockets(shared, pool))
        publisher = await stack.enter_async_context(Publisher(client))
        feed = await stack.enter_async_context(Feed(pool, client))
        # Here too: a deadline ends a run even when no worker is alive.
        sweeper = Sweeper(pool, EventLog(pool, publisher), name=f"web-{uuid4().hex}", timeouts=self._timeouts)
        await stack.enter_async_context(sweeper.repeated())
        warehouse = Warehouse(self._settings.clickhouse, self._timeouts)
        stack.push_async_callback(warehouse.aclose)
        watch = Watch(probes.probes(self._settings, self._timeouts, pool, self._models), self._timeouts.health_probe_s)
        stack.push_async_callback(watch.close)
        return Services(
            settings=self._settings,
            timeouts=self._timeouts,
            started_at=datetime.now(UTC),
            closing=self._closing,
            pool=pool,
            identity=await open_identity(stack, self._settings, keys, pool),
            limits=Limits(Windows(shared, pool), sockets),
            publisher=publisher,
            feed=feed,
            importers=await stack.enter_async_context(Importers(pool)),
            warehouse=warehouse,
            startup=self._startup,
            watch=watch,
            readiness=ReadinessCheck(self._startup, watch, Schema(pool, known), self._models),
        )


async def _migrated(pool: Pool) -> tuple[Migration, ...]:
    known = migrations.known()
    missing = await migrations.pending(pool, known)
    if missing:
        raise StartupError(f"not applied: {', '.join(missing)}", where="migrations", hint="run `netra migrate`")
    return known
