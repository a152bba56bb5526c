"""What is no proper request, comes too slowly or is never read ends its connection, and nothing else."""

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Self
from uuid import UUID

import pytest
from netra_doors import Door, heard, opened, said_and_heard, until
from netra_relays import relayed
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from netra.cli.client import Client
from netra.events.union import AgentCompletedData, AgentStartedData, AgentThinkingData, Event
from netra.runs.frames import Said
from netra.runs.log import EventLog
from netra.runs.publisher import Publisher
from netra.settings.model import Settings
from netra.settings.timeouts import Timeouts
from netra.stores import valkey
from netra.stores.database import Pool

HEARTBEAT_S = 0.5
UPGRADE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.fixture(scope="module")
async def hasty(environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    """A web process that waits for nobody."""
    folder = tmp_path_factory.mktemp("hasty")
    async with opened(environ, folder, heartbeat_s=HEARTBEAT_S, head_s=0.5, body_s=0.5) as opened_door:
        yield opened_door


@pytest.fixture(scope="module")
async def log(settings: Settings, database: Pool) -> AsyncGenerator[EventLog]:
    client = valkey.open_client(settings.redis)
    async with Publisher(client) as publisher:
        yield EventLog(database, publisher)
    await client.aclose()


class Wire:
    """A connection without any library's manners."""

    def __init__(self, door: Door) -> None:
        self._address = door.address.rpartition(":")
        self.port = int(self._address[2])

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *failure: object) -> None:
        self.writer.transport.abort()

    async def rest(self, within_s: float = 10.0) -> bytes:
        """Everything until the other end closes."""
        async with asyncio.timeout(within_s):
            try:
                return await self.reader.read(-1)
            except ConnectionResetError:
                return b""


async def answered(door: Door, sent: bytes) -> tuple[int, bytes]:
    """The only answer before the connection is closed."""
    async with Wire(door) as wire:
        wire.writer.write(sent)
        answer = await wire.rest()
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    return int(answer.split(b" ", 2)[1]), answer.partition(b"\r\n\r\n")[2]


POST = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
AMBIGUOUS = {
    "both lengths": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunked first": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" + HIDDEN,
    "the same length twice": POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" + HIDDEN,
    "a list of lengths": POST + b"Content-Length: 2, 40\r\n\r\n{}" + HIDDEN,
    "a signed length": POST + b"Content-Length: +2\r\n\r\n{}" + HIDDEN,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n{}" + HIDDEN,
    "another coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a coding after chunked": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a folded header": POST + b"X-A: b\r\n Content-Length: 40\r\n\r\n" + HIDDEN,
    "a folded coding": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a bare carriage return": POST + b"X-A: b\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "NUL in a value": POST + b"X-A: b\x00c\r\nContent-Length: 2\r\n\r\n{}" + HIDDEN,
    "a bad chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "a negative chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "a chunk longer than it says": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "an endless chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 64 + b"\r\n" + HIDDEN,
    "two hosts": b"GET /api/version HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + HIDDEN,
    "no host": b"GET /api/version HTTP/1.1\r\n\r\n" + HIDDEN,
    "two hosts of a socket": b"GET /ws HTTP/1.1\r\nHost: a\r\nHost: b\r\n" + UPGRADE + b"\r\n",
    "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello by TLS\r\n\r\n",
}


@pytest.mark.parametrize("sent", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
async def test_what_a_proxy_could_read_differently_is_refused(door: Door, sent: bytes) -> None:
    status, body = await answered(door, sent)
    assert status == 400
    assert json.loads(body)["error"]["where"] == "head"
    assert not [line for line in door.lines() if line.get("path") == "/hidden"], "what was hidden is no request"


async def test_the_control_is_served(door: Door) -> None:
    async with Wire(door) as wire:
        wire.writer.write(
            POST + b"Content-Length: 2\r\n\r\n{}" + HIDDEN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        )
        answer = await wire.rest()
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"422", b"404"]


@pytest.mark.parametrize("path", [b"/api/version", b"/ws"])
async def test_a_head_over_the_limit_is_refused_whole_or_unfinished(door: Door, path: bytes) -> None:
    upgrade = UPGRADE if path == b"/ws" else b""
    start = b"GET %s HTTP/1.1\r\nHost: x\r\n%s" % (path, upgrade)
    for sent in (
        start + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(40)) + b"\r\n",
        start + b"X-A: " + b"a" * 40_000 + b"\r\n\r\n",
    ):
        status, body = await answered(door, sent)
        assert (status, json.loads(body)["error"]["code"]) == (431, "too_large")
    async with Wire(door) as wire:
        # Just over the limit, so that nothing is left unread: that would reset the connection and lose the answer.
        wire.writer.write(start + b"X-A: " + b"a" * 30_000)
        await asyncio.sleep(0.1)
        wire.writer.write(b"a" * 66_000)
        assert (await wire.rest()).startswith(b"HTTP/1.1 431 ")


TRICKLES = {
    "nothing": (b"", b""),
    "a request's head": (b"GET /api/version HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n"),
    "a socket's head": (b"GET /ws HTTP/1.1\r\nHost: x\r\n" + UPGRADE, b"X-A: b\r\n"),
    "a body": (POST + b"Content-Length: 1000\r\n\r\n", b" "),
    "chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
}


@pytest.mark.parametrize(("start", "drop"), TRICKLES.values(), ids=TRICKLES.keys())
async def test_what_trickles_is_cut(hasty: Door, start: bytes, drop: bytes) -> None:
    async with Wire(hasty) as wire:
        began = time.monotonic()
        wire.writer.write(start)
        rest = asyncio.create_task(wire.rest(30))
        while not rest.done():
            wire.writer.write(drop)
            await asyncio.sleep(0.05)
        assert (await rest).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - began > 0.4, "it was given its time"
    assert not [line for line in hasty.lines() if line["level"] == "error"]


async def test_a_kept_connection_has_its_time_anew_for_each_request(hasty: Door) -> None:
    request = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    async with Wire(hasty) as wire:
        for _ in range(4):
            wire.writer.write(request)
            assert b"200" in await wire.reader.readuntil(b"}")
            await asyncio.sleep(0.3)
        wire.writer.write(request[:10])
        assert (await wire.rest()).startswith(b"HTTP/1.1 408 ")


async def test_a_stream_whose_reader_stops_is_cut_and_one_that_waits_is_not(hasty: Door, log: EventLog) -> None:
    person = await hasty.person()
    run_id = (await hasty.post(person))["run_id"]
    ask = b"GET /api/runs/%s/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"
    sent = ask % (run_id.encode(), person.access_token.encode())
    async with Wire(hasty) as waiting, Wire(hasty) as stopped:
        waiting.writer.write(sent)
        await waiting.reader.readuntil(b"run_queued")
        await asyncio.sleep(1.2)
        await log.append(UUID(run_id), 0, [Said("reporting", AgentStartedData(task="x"))])
        await waiting.reader.readuntil(b"agent_started")
        thought = Said("reporting", AgentThinkingData(text="y" * 4096, step=1))
        for _ in range(20):
            await log.append(UUID(run_id), 0, [thought] * 100)
        stopped.writer.write(sent)
        await until(lambda: any(line["event"] == "a reader stopped reading" for line in hasty.lines()), 20)
        await log.append(UUID(run_id), 0, [Said("reporting", AgentCompletedData(result={}, final=True, ms=1))])


async def test_a_client_that_goes_silent_is_closed_within_three_heartbeats(hasty: Door) -> None:
    person = await hasty.person()
    async with Wire(hasty) as wire:
        head = b"GET /ws HTTP/1.1\r\nHost: x\r\n%sAuthorization: Bearer %s\r\n\r\n"
        wire.writer.write(head % (UPGRADE, person.access_token.encode()))
        await wire.reader.readuntil(b"ready")
        began = time.monotonic()
        assert b"keepalive" in await wire.rest(), "the close frame says why"
        assert time.monotonic() - began < 3 * HEARTBEAT_S + 2, "two seconds for a busy machine"
    await until(
        lambda: (hasty.lines()[-1]["event"], hasty.lines()[-1].get("user_id")) == ("socket closed", person.user_id)
    )


async def test_a_client_that_answers_stays(hasty: Door) -> None:
    person = await hasty.person()
    async with hasty.socket(person) as socket:
        await asyncio.sleep(6 * HEARTBEAT_S)
        assert (await said_and_heard(socket, type="ping"))["type"] == "pong"
        assert "permessage-deflate" not in str(socket.response.headers if socket.response else "")


async def test_a_server_that_goes_silent_is_noticed_and_the_run_goes_on_elsewhere(hasty: Door, log: EventLog) -> None:
    person = await hasty.person()
    quick = Timeouts(heartbeat_s=HEARTBEAT_S)
    seen: list[Event] = []
    async with relayed(int(hasty.address.rpartition(":")[2])) as relay:
        client = Client(f"http://127.0.0.1:{relay.port}", person.access_token, quick)
        asking = asyncio.create_task(client.ask("hi", seen.append))
        await until(lambda: len(seen) == 1)
        relay.stall()
        run_id = seen[0].run_id
        await log.append(run_id, 0, [Said("reporting", AgentStartedData(task="x"))])
        await asyncio.sleep(2 * HEARTBEAT_S)
        await log.append(run_id, 0, [Said("reporting", AgentCompletedData(result={}, final=True, answer="42", ms=1))])
        events = await asyncio.wait_for(asking, 20)
    assert [event.seq for event in events] == [1, 2, 3]


@pytest.mark.parametrize("name", ["token", "access_token", "jwt"])
async def test_a_token_in_the_address_is_refused_at_every_door(door: Door, name: str) -> None:
    person = await door.person()
    query = {name: person.access_token}
    for path in ("/api/threads", "/api/auth/me", "/api/limits"):
        answer = await door.http.get(path, params=query, headers=person.headers)
        assert (answer.status_code, answer.json()["error"]["where"]) == (401, "query"), path
    for headers in ({}, person.headers):
        with pytest.raises(InvalidStatus) as caught:
            async with connect(f"{door.socket_address}?{name}={person.access_token}", additional_headers=headers):
                pass
        refused: dict[str, Any] = json.loads(caught.value.response.body or b"")
        assert (caught.value.response.status_code, refused["error"]["where"]) == (401, "query")
    async with connect(f"{door.socket_address}?lang=en", additional_headers=person.headers) as socket:
        assert (await heard(socket))["type"] == "ready", "the control"
