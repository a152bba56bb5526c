"""The part of asyncpg that netra uses, typed: asyncpg itself ships no types.

Every layer annotates with these; `netra.stores.postgres.open_pool` makes them.
"""

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, Self


class Record(Protocol):
    """One row, by column name or position."""

    def __getitem__(self, key: str | int) -> Any:
        """The column's value."""
        ...

    def __len__(self) -> int:
        """How many columns the row has."""
        ...

    def get(self, key: str, default: Any = None) -> Any:
        """The column's value, or the default when there is no such column."""
        ...

    def items(self) -> Any:
        """Pairs of column name and value, in order."""
        ...


class Executor(Protocol):
    """What runs statements: a pool, a connection, or a connection inside a transaction.

    `timeout` is in seconds; without it the pool's `command_timeout` holds.
    """

    def execute(self, query: str, *args: Any, timeout: float | None = None) -> Coroutine[Any, Any, str]:
        """Run a statement, or without arguments a script, and return the last command's tag."""
        ...

    def fetch(self, query: str, *args: Any, timeout: float | None = None) -> Coroutine[Any, Any, list[Record]]:
        """Every row."""
        ...

    def fetchrow(self, query: str, *args: Any, timeout: float | None = None) -> Coroutine[Any, Any, Record | None]:
        """The first row, or None."""
        ...

    def fetchval(
        self, query: str, *args: Any, column: int = 0, timeout: float | None = None
    ) -> Coroutine[Any, Any, Any]:
        """One column of the first row, or None."""
        ...


Listener = Callable[[Any, int, str, object], Any]
"""Receives connection, the notifier's process id, channel and payload."""


class Connection(Executor, Protocol):
    """One logged-in connection."""

    def transaction(
        self, *, isolation: str | None = None, readonly: bool = False, deferrable: bool = False
    ) -> AbstractAsyncContextManager[Any]:
        """A transaction, or a savepoint inside one, for the length of a block."""
        ...

    async def add_listener(self, channel: str, callback: Listener) -> None:
        """Call back for each notification on the channel."""
        ...

    async def remove_listener(self, channel: str, callback: Listener) -> None:
        """Stop that."""
        ...

    def is_closed(self) -> bool:
        """Whether the connection is gone."""
        ...

    async def close(self) -> None:
        """Log out."""
        ...


class Pool(Executor, Protocol):
    """Connections shared by the tasks of one process."""

    def acquire(self, *, timeout: float | None = None) -> AbstractAsyncContextManager[Connection]:
        """A connection for the length of a block."""
        ...

    def get_size(self) -> int:
        """How many connections it has."""
        ...

    def get_idle_size(self) -> int:
        """How many of them nobody uses."""
        ...

    def get_max_size(self) -> int:
        """How many it may have."""
        ...

    async def close(self) -> None:
        """Wait for the connections to come back, then log out."""
        ...

    def terminate(self) -> None:
        """Cut every connection at once."""
        ...

    async def __aenter__(self) -> Self:
        """The pool."""
        ...

    async def __aexit__(self, *failure: object) -> None:
        """Close it."""
        ...
