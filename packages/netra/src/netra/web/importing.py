"""The process of one import: it reads its order on stdin, and ends when the server that started it does.

A process of its own, for reading a million rows keeps a processor busy for as long as conversations would wait.
"""

import asyncio
import logging
import os
import shutil
import sys
import threading
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from netra.analytics import imports
from netra.analytics.database import Database
from netra.analytics.ingest.formats import FormatName
from netra.analytics.ingest.importer import ImportRequest, ImportSummary, import_file
from netra.errors import NetraError
from netra.settings import contract, logs
from netra.settings.model import Settings
from netra.stores import clickhouse, postgres
from netra.stores.database import Pool
from netra.stores.repeating import repeating

LOG = logging.getLogger(__name__)
EVERY_S = 0.5
NICE = 10
ORPHANED = 3
"""The exit code of a process whose server is gone."""


class Order(BaseModel):
    """What to import for whom."""

    model_config = ConfigDict(frozen=True)

    import_id: UUID
    tenant_id: UUID
    path: Path
    """In a folder of its own, which goes with the import."""
    most_bytes: int
    """How much may come out of it when it is unpacked."""
    format: FormatName
    workload: str
    model: str


class Reached:
    """How far the import is, from the reader to whoever tells it."""

    def __init__(self) -> None:
        """At the beginning."""
        self.share, self.rows = 0.0, 0

    def note(self, share: float, rows: int) -> None:
        """As the importer tells it."""
        self.share, self.rows = min(share, 1.0), rows


def main() -> None:
    """Import as ordered."""
    order = Order.model_validate_json(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_server, args=(order.path.parent,), daemon=True).start()
    os.nice(NICE)
    settings = contract.load(contract.process_environment())
    logs.configure(settings, "web")
    asyncio.run(_carry_out(settings, order))


async def _carry_out(settings: Settings, order: Order) -> None:
    async with postgres.pool(settings.postgres, min_size=1, max_size=2) as pool:
        reached = Reached()

        async def tell() -> None:
            await imports.progressed(pool, order.import_id, reached.share, reached.rows)

        try:
            async with repeating("the progress of an import", tell, EVERY_S, first_s=EVERY_S):
                summary = await _imported(settings, pool, order, reached)
        except NetraError as error:
            await imports.failed(pool, order.import_id, f"{error.message}. {error.hint}".rstrip(". "))
            LOG.info("an import failed", extra={"import_id": str(order.import_id), "error": error.message})
        else:
            await imports.finished(pool, order.import_id, summary)


async def _imported(settings: Settings, pool: Pool, order: Order, reached: Reached) -> ImportSummary:
    request = ImportRequest(
        tenant_id=order.tenant_id,
        path=order.path,
        columns={},
        format=order.format,
        workload=order.workload,
        model=order.model,
        most_bytes=order.most_bytes,
    )
    client = await clickhouse.open_client(settings.clickhouse)
    try:
        async with pool.acquire() as connection, imports.locked(connection, order.tenant_id):
            return await import_file(Database(client), request, reached.note)
    finally:
        await client.close()


def _end_with_the_server(folder: Path) -> None:
    """The server holds the other end of stdin for as long as it lives."""
    # Unbuffered: a buffer that a thread still reads would stop the interpreter from ending.
    while os.read(0, 1):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(ORPHANED)


if __name__ == "__main__":
    main()
