"""The worker process: its parts opened phase by phase, then runs until told to stop."""

import asyncio
import logging
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from uuid import uuid4

from redis.asyncio import Redis

from netra.agents.steps import Brain
from netra.agents.team import team
from netra.errors import StartupError
from netra.health.startup import Startup
from netra.runs import resealing
from netra.runs.brains import Shared, minds
from netra.runs.engine import Engine
from netra.runs.erasure import Eraser
from netra.runs.export import Exporter
from netra.runs.forgetting import Forgetter
from netra.runs.heartbeat import Heartbeat, Identity
from netra.runs.inbox import Inbox
from netra.runs.leases import Leases
from netra.runs.log import EventLog
from netra.runs.parts import Parts
from netra.runs.publisher import Publisher
from netra.runs.retention import Keeper
from netra.runs.scrape import read_queue
from netra.runs.sweeper import Sweeper
from netra.runs.warehouse import Warehouse
from netra.runs.worker import Worker
from netra.settings.lifecycle import announce
from netra.settings.model import Role, Settings
from netra.settings.timeouts import Timeouts
from netra.stores import migrations, postgres, valkey
from netra.stores.database import Pool
from netra.stores.repeating import repeating
from netra.telemetry import door
from netra.telemetry.instruments import RUN_SLOTS
from netra.telemetry.process import telling
from netra.tools.catalogue import TOOLS
from netra.tools.mcp.addresses import Rules
from netra.tools.mcp.tokens import Tokens
from netra.tools.mcp.toolbox import McpToolbox
from netra.tools.registry import Tools

LOG = logging.getLogger(__name__)
SPARE_CONNECTIONS = 4
"""Beside those for runs: notifications, leases, heartbeat and sweeper."""


@dataclass(frozen=True, kw_only=True)
class WorkerOptions:
    """What a worker process may be given beside its settings."""

    concurrency: int = 16
    """Runs at once."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    tools: Tools = field(default_factory=lambda: TOOLS)
    brains: Mapping[Role, Brain] = field(default_factory=dict[Role, Brain])
    """Brains in place of those that the settings ask for."""


async def serve(settings: Settings, options: WorkerOptions, stop: asyncio.Event) -> None:
    """Work until told to stop; raises StartupError with the phase that failed."""
    startup = Startup(options.timeouts.startup_phase_s)
    async with telling(settings, "worker"), AsyncExitStack() as stack:
        pool = await startup.required("postgres", lambda: _pool(settings, options, stack))
        await startup.required("migrations", lambda: _migrated(pool))
        await _work(settings, options, pool, stop)


async def _work(settings: Settings, options: WorkerOptions, pool: Pool, stop: asyncio.Event) -> None:
    timeouts = options.timeouts
    host = socket.gethostname()
    identity = Identity(worker_id=uuid4().hex, revision=settings.revision, host=host, pid=os.getpid())
    async with AsyncExitStack() as stack:
        client = valkey.open_client(settings.redis, timeouts=timeouts)
        stack.push_async_callback(client.aclose)
        log = EventLog(pool, await stack.enter_async_context(Publisher(client)))
        warehouse = Warehouse(settings.clickhouse, timeouts)
        stack.push_async_callback(warehouse.aclose)
        shared = Shared(pool=pool, valkey=client, timeouts=timeouts)
        serving = minds(settings.llm, shared, stack)
        roster = team({**serving.brains, **options.brains})
        leases = Leases(pool, owner=identity.worker_id, revision=settings.revision, lease_s=timeouts.lease_s)
        tokens = Tokens.of(settings)
        parts = Parts(
            pool=pool,
            log=log,
            leases=leases,
            roster=roster,
            tools=options.tools,
            warehouse=warehouse,
            timeouts=timeouts,
            shortener=serving.shortener,
            toolbox=McpToolbox(pool, Rules(private=settings.mcp_private_origins), tokens),
        )
        engine = Engine(parts)
        worker = Worker(pool, engine, leases, concurrency=options.concurrency, timeouts=timeouts)
        heartbeat = Heartbeat(pool, client, identity)
        sweeper = Sweeper(pool, log, name=identity.worker_id, timeouts=timeouts)
        for repeated in (sweeper.repeated(), _resealing(pool, tokens), *_chores(settings, pool, client, warehouse)):
            await stack.enter_async_context(repeated)
        await _show_metrics(settings, pool, stack)
        RUN_SLOTS.set(options.concurrency)
        try:
            async with heartbeat.living():
                announce("ready", worker_id=identity.worker_id, pid=identity.pid, slots=options.concurrency)
                await worker.run(stop)
        finally:
            LOG.info("stopped")


def _resealing(pool: Pool, tokens: Tokens) -> AbstractAsyncContextManager[None]:
    return repeating("the sealing of tokens", lambda: resealing.reseal(pool, tokens), resealing.EVERY_S)


def _chores(
    settings: Settings, pool: Pool, client: Redis, warehouse: Warehouse
) -> Iterator[AbstractAsyncContextManager[None]]:
    """What a worker does beside runs."""
    yield Eraser(pool, warehouse).repeated()
    yield Inbox(pool, warehouse).repeated()
    if settings.environment != "local":
        # Whoever works on this machine alone decides about its disk.
        yield Keeper(pool, warehouse).repeated()
    yield Forgetter(pool, client).repeated()
    if settings.llm is not None:
        yield Exporter(pool, warehouse).repeated()


async def _show_metrics(settings: Settings, pool: Pool, stack: AsyncExitStack) -> None:
    told = settings.telemetry
    if told.worker_metrics_port is not None:
        opened = door.opened(
            told.worker_metrics_host, told.worker_metrics_port, told.metrics_token, lambda: read_queue(pool)
        )
        await stack.enter_async_context(opened)


async def _pool(settings: Settings, options: WorkerOptions, stack: AsyncExitStack) -> Pool:
    size = options.concurrency // 2 + SPARE_CONNECTIONS
    return await stack.enter_async_context(
        postgres.pool(settings.postgres, min_size=2, max_size=size, timeouts=options.timeouts)
    )


async def _migrated(pool: Pool) -> None:
    if missing := await migrations.pending(pool):
        raise StartupError(f"migrations are pending: {', '.join(missing)}", where="migrations", hint="netra migrate")
