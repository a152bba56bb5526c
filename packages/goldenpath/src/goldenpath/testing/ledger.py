"""What the test process sees of itself: which revisions answered and which addresses its sockets went to."""

import sys
from collections.abc import Iterable

from goldenpath.testing.lines import Evidence

SOCKET_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
"""Audit events that name a peer: (socket, address)."""


class Ledger:
    """Collects the evidence of the test that runs now; an audit hook, once installed, stays for the whole process."""

    def __init__(self) -> None:
        """Start with an empty page."""
        self._responses = 0
        self._revisions: dict[str, None] = {}
        self._peers: dict[str, None] = {}

    def install(self) -> None:
        """Listen to every socket of this process from now on."""
        sys.addaudithook(self._audit)

    def turn(self) -> None:
        """Begin the page of the next test."""
        self._responses = 0
        self._revisions.clear()
        self._peers.clear()

    def answered(self, revision: str) -> None:
        """Note that a response named this revision; empty when it named none."""
        self._responses += 1
        if revision:
            self._revisions[revision] = None

    def page(self, runs: int, substitutes: Iterable[str]) -> Evidence:
        """The evidence so far."""
        return Evidence(
            responses=self._responses,
            revisions=tuple(self._revisions),
            peers=tuple(self._peers),
            runs=runs,
            substitutes=tuple(substitutes),
        )

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in SOCKET_EVENTS and arguments[-1] is not None:
            self._peers[spelled(arguments[-1])] = None


def spelled(address: object) -> str:
    """An address as `host:port`; a local socket by its path."""
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address)
