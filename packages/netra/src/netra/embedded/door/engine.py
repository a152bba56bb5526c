"""Handles on chdb's engine: one a connection, each with its own database and settings."""

import importlib
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from netra.embedded.door.request import Statement

# Sent with nearly every query: part of every handle from its start.
USUAL = {"date_time_input_format": "best_effort", "cast_string_to_dynamic_use_inference": "1"}
CHANGES_HANDLE = frozenset({"set", "use"})
LOCKS_HANDLE = "readonly"
"""The setting after which no other can be changed, itself included."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What the engine answered."""

    body: bytes
    rows_read: int
    bytes_read: int
    elapsed_s: float


class Engine:
    """The engine on one data folder; it stays open as long as this does."""

    def __init__(self, data: str) -> None:
        """Open it; only one process may have a folder open."""
        # An optional extra of 800 MB, loaded in this process only.
        self._connect: Any = importlib.import_module("chdb").connect
        self._data = data
        self._first = self.handle()
        self._first.run(Statement(sql=b"select 1", keyword="select"))

    def handle(self) -> "Handle":
        """A handle of its own database and settings."""
        return Handle(self._connect(self._data))

    def create_database(self, name: str) -> None:
        """Make sure that the database is there."""
        sql = f"create database if not exists {quoted(name, '`')}".encode()
        self._first.run(Statement(sql=sql, keyword="create"))


class Handle:
    """One conversation with the engine; not to be used by two threads at once."""

    def __init__(self, connection: Any) -> None:
        """Own this connection."""
        self._connection = connection
        self._database = ""
        self._settings: dict[str, str] = {}
        self.spoiled = False
        """Its state is not known any more: use another."""

    def run(self, statement: Statement) -> Result:
        """Run one statement in its own database, with its own settings."""
        self._prepare(statement)
        self.spoiled = statement.keyword in CHANGES_HANDLE or LOCKS_HANDLE in statement.settings
        if statement.data is None:
            return self._query(statement.sql, statement)
        return self._insert(statement, statement.data)

    def close(self) -> None:
        """Let go of the connection."""
        with suppress(RuntimeError):
            self._connection.close()

    def _prepare(self, statement: Statement) -> None:
        """Bring the handle to what this request asks for: requests of many clients share one connection."""
        self.spoiled = True
        if statement.database != self._database:
            self._connection.query(f"USE {quoted(statement.database, '`')}", "TabSeparated")
            self._database = statement.database
        for change in changes(self._settings, {**USUAL, **statement.settings}):
            self._connection.query(change, "TabSeparated")
        self._settings = {**USUAL, **statement.settings}
        self.spoiled = False

    def _insert(self, statement: Statement, data: bytes) -> Result:
        """The engine reads a file; this one lives in memory."""
        descriptor = os.memfd_create("insert", os.MFD_CLOEXEC)
        try:
            with os.fdopen(os.dup(descriptor), "wb") as file:
                file.write(data)
            path = f"'/proc/self/fd/{descriptor}'".encode()
            return self._query(statement.sql.replace(b"%s", path, 1), statement)
        finally:
            os.close(descriptor)

    def _query(self, sql: bytes, statement: Statement) -> Result:
        answer = self._connection.query(sql, statement.result_format, params=statement.parameters)
        return Result(
            body=answer.bytes() or b"",
            rows_read=answer.rows_read(),
            bytes_read=answer.bytes_read(),
            elapsed_s=answer.elapsed(),
        )


def changes(present: dict[str, str], wanted: dict[str, str]) -> list[str]:
    """The statements that turn the present settings into the wanted ones."""
    gone = [name for name in present if name not in wanted]
    new = sorted((n for n, value in wanted.items() if present.get(n) != value), key=lambda n: n == LOCKS_HANDLE)
    return [
        *(f"SET {quoted(name, '`')} = DEFAULT" for name in gone),
        *(f"SET {quoted(name, '`')} = {quoted(wanted[name], chr(39))}" for name in new),
    ]


def quoted(text: str, mark: str) -> str:
    """The text between quotation marks, as SQL reads it."""
    escaped = text.replace("\\", "\\\\").replace(mark, "\\" + mark)
    return f"{mark}{escaped}{mark}"
