"""The independent reader: looks for a test's nonce in the target's log and rows, outside the testing process."""

import asyncio
from types import TracebackType
from typing import Self

import httpx
from pydantic import ValidationError

from goldenpath.facts import Record
from goldenpath.testing.lines import TestInfo
from goldenpath.testing.log_reader import OBJECT, LogReader
from goldenpath.testing.proofs import Findings
from goldenpath.testing.rows import Database, RowReader
from goldenpath.testing.target import Target

PATIENCE_S = 2.0
"""A log line or a commit may come a moment after the answer that the test waited for."""
PAUSE_S = 0.02
REQUEST_S = 5.0


class Sources(Record):
    """Where a nonce can be found."""

    logs: tuple[str, ...]
    """Files of JSON lines."""
    log_field: str
    sql: str
    """Counts the rows that hold `$1`."""
    database: Database | None = None
    """None when the system keeps no rows that a test could find itself in."""


class Witness:
    """Reads on its own connections; it never talks to the testing process."""

    def __init__(self, target: Target, sources: Sources, mark: str) -> None:
        """Watch this target for nonces of this mark."""
        self._target = target
        self._logged = bool(sources.log_field)
        self._log = LogReader(sources.logs, sources.log_field, mark)
        self._rows = RowReader(sources.database, sources.sql) if sources.database else None
        self._http = httpx.AsyncClient(base_url=target.door, timeout=REQUEST_S, trust_env=False)

    async def __aenter__(self) -> Self:
        """Nothing is opened before it is needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what was opened."""
        await self._http.aclose()
        if self._rows is not None:
            await self._rows.close()

    async def look(self, test: TestInfo, replacers: tuple[str, ...]) -> Findings:
        """Everything found about one finished test, waiting a moment for what may come late."""
        revision, fingerprint, trouble = await self._version()
        log_lines, rows = await self._search(test)
        return Findings(
            log_lines=log_lines,
            rows=rows,
            revision=revision,
            fingerprint=fingerprint,
            trouble=trouble or (self._rows.trouble if self._rows else ""),
            replacers=replacers,
        )

    async def _search(self, test: TestInfo) -> tuple[int | None, int | None]:
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while True:
            log_lines = self._log.count(test.nonce) if "log" in test.sources and self._logged else None
            rows = await self._count_rows(test)
            late = asyncio.get_running_loop().time() > deadline
            if late or (log_lines != 0 and rows != 0):
                return log_lines, rows
            await asyncio.sleep(PAUSE_S)

    async def _count_rows(self, test: TestInfo) -> int | None:
        return await self._rows.count(test.nonce) if self._rows and "rows" in test.sources else None

    async def _version(self) -> tuple[str, str, str]:
        if not self._target.version_path:
            return "", "", ""
        try:
            body = OBJECT.validate_json((await self._http.get(self._target.version_path)).content)
        except (httpx.HTTPError, ValidationError) as error:
            return "", "", f"version door: {type(error).__name__}: {error}"
        return str(body.get(self._target.revision_field, "")), str(body.get(self._target.fingerprint_field, "")), ""
