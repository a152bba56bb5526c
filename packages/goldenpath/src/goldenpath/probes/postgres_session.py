"""A log-in and statements on a wire that is open already: what was reached once need not be reached again."""

import asyncio
import getpass
import secrets
from contextlib import suppress
from enum import IntEnum

from goldenpath.probes import postgres_messages as messages
from goldenpath.probes import scram
from goldenpath.probes.address import Target
from goldenpath.probes.postgres_messages import LogInError, Message, NotPostgresError, RefusalError
from goldenpath.probes.wire import Wire

Row = tuple[str | None, ...]


class Asked(IntEnum):
    """What an authentication message of the server asks for."""

    NOTHING = 0
    PASSWORD = 3
    MD5 = 5
    SASL = 10
    SASL_NEXT = 11
    SASL_LAST = 12


class Session:
    """One conversation; each method raises what ends it, and its caller sets the bound."""

    def __init__(self, wire: Wire) -> None:
        """Speak on this wire, of which the server's answer to the request for TLS was read."""
        self._wire = wire

    async def log_in(self, target: Target) -> None:
        """Until the server is ready for a statement. Without a role it is the system's user, as with other clients."""
        user, secret = target.user or getpass.getuser(), target.password.get_secret_value()
        await self._send(messages.startup(user, target.database))
        while (message := await self.next()).kind != b"Z":
            if message.kind == b"R":
                await self._prove(message.body, user, secret)

    async def query(self, sql: str) -> tuple[Row, ...]:
        """The rows of one statement, each value as the server writes it."""
        await self._send(messages.statement(sql))
        try:
            return await self._rows()
        except RefusalError:
            # After its report the server says when it is ready; after a fatal one it goes away.
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                await self._rows()
            raise

    def end(self) -> None:
        """Say that this is the end, without waiting."""
        with suppress(OSError, RuntimeError):
            self._wire.writer.write(messages.TERMINATE)

    async def next(self, begun: bytes = b"") -> Message:
        """The server's next message, of which `begun` was read already; RefusalError when it reports an error."""
        head = begun + await self._wire.reader.readexactly(messages.HEAD.size - len(begun))
        body = await self._wire.reader.readexactly(messages.body_length(head))
        if head[:1] == b"E":
            raise RefusalError(body)
        return Message(head[:1], body)

    async def _rows(self) -> tuple[Row, ...]:
        rows: list[Row] = []
        while (message := await self.next()).kind != b"Z":
            if message.kind == b"D":
                rows.append(tuple(messages.cells(message.body)))
        return tuple(rows)

    async def _prove(self, asked: bytes, user: str, secret: str) -> None:
        match int.from_bytes(asked[:4]):
            case Asked.NOTHING:
                return
            case Asked.PASSWORD:
                await self._send(messages.password(secret))
            case Asked.MD5:
                await self._send(messages.password(messages.md5(user, secret, asked[4:8])))
            case Asked.SASL:
                await self._scram(asked[4:].decode(errors="replace").split("\0"), secret)
            case code:
                raise LogInError(f"the server asks for a log-in of the kind {code}, which is not spoken here")

    async def _scram(self, offered: list[str], secret: str) -> None:
        if scram.MECHANISM not in offered:
            raise LogInError(f"the server offers {', '.join(offered).strip(', ')} and not {scram.MECHANISM}")
        nonce = secrets.token_urlsafe(18)
        await self._send(messages.sasl_first(scram.MECHANISM, scram.first(nonce)))
        challenge = await self._sasl(Asked.SASL_NEXT)
        # In a thread: thousands of rounds would hold up every other probe's clock.
        proof = await asyncio.to_thread(scram.proof, secret, nonce, challenge)
        await self._send(messages.sasl_next(proof.message))
        if not scram.is_genuine(proof, await self._sasl(Asked.SASL_LAST)):
            raise LogInError("the server took the password without knowing it")

    async def _sasl(self, code: Asked) -> str:
        kind, body = await self.next()
        if kind != b"R" or int.from_bytes(body[:4]) != code:
            raise NotPostgresError(f"the log-in was answered with {kind + body[:4]!r}")
        return body[4:].decode(errors="replace")

    async def _send(self, message: bytes) -> None:
        self._wire.writer.write(message)
        await self._wire.writer.drain()
