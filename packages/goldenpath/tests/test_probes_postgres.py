"""PostgreSQL as its servers really are: each way to log in, each phase apart, and one connection for all of it."""

import asyncio
import getpass
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from observing import QUICK, edge_to, number, probe, texts, values
from peers import Talk, certificate, peer, postgres_over_tls, relay
from pydantic import JsonValue
from servers import Postgres, folder

from goldenpath.probes.postgres_messages import SSL_REQUEST

ROLES = {
    "trusted": ("trust", "scram-sha-256", ""),
    "plain": ("password", "scram-sha-256", "plain-secret"),
    "hashed": ("md5", "md5", "hashed-secret"),
    "salted": ("scram-sha-256", "scram-sha-256", "salted-secret"),
}
"""The log-in that the server asks this role for, how its password is kept, and the password."""
OTHER = {"DB_PASSWORD": "none-of-the-passwords"}


@pytest.fixture(scope="module")
def server() -> Generator[Postgres]:
    """A PostgreSQL that asks each role in another way."""
    with folder() as made:
        running = Postgres(made, "md5_password_warnings=off")
        rules = made / "data/pg_hba.conf"
        ways = [f"host all {role} 127.0.0.1/32 {way}" for role, (way, _, _) in ROLES.items()]
        rules.write_text("\n".join([*ways, "host all barred 127.0.0.1/32 reject", rules.read_text()]))
        for role, (_, kept, password) in ROLES.items():
            running.run(f"set password_encryption = '{kept}'; create role {role} login password '{password or 'any'}'")
        running.run("create role barred login; select pg_reload_conf()")
        try:
            yield running
        finally:
            running.stop()


PATIENT = edge_to("db").model_copy(update={"connect_ms": 60_000.0, "query_ms": 60_000.0})
"""An edge that is probed once, however long it takes."""


async def seen(server: Postgres, **changes: str) -> dict[str, JsonValue]:
    return values(await probe("db", server.environ() | changes, edge=PATIENT))


def phases(found: dict[str, JsonValue]) -> set[str]:
    return {name for name in found if name.endswith((".ms", ".error"))}


@pytest.mark.parametrize("role", ROLES)
async def test_each_way_to_log_in_is_spoken(server: Postgres, role: str) -> None:
    found = await seen(server, DB_USER=role, DB_PASSWORD=ROLES[role][2])
    assert phases(found) == {"tcp.ms", "first_byte.ms", "auth.ms", "query.ms"}


@pytest.mark.parametrize("role", [role for role, (way, _, _) in ROLES.items() if way != "trust"])
async def test_in_each_way_a_wrong_password_is_refused(server: Postgres, role: str) -> None:
    found = await seen(server, DB_USER=role, **OTHER)
    assert (phases(found), found["auth.error"]) == ({"tcp.ms", "first_byte.ms", "auth.error"}, "bad_password")


async def test_a_role_that_the_rules_bar_is_told_from_a_wrong_password(server: Postgres) -> None:
    observed = await probe("db", server.environ() | {"DB_USER": "barred"})
    assert values(observed)["auth.error"] == "login_refused"
    assert "28000" in texts(observed)["auth.error"]


@pytest.mark.parametrize("rounds", [1, 20_000])
async def test_the_server_decides_how_many_rounds_a_password_takes(server: Postgres, rounds: int) -> None:
    server.run(f"set scram_iterations = {rounds}; create role rounds{rounds} login password 'around-and-around'")
    assert "query.ms" in await seen(server, DB_USER=f"rounds{rounds}", DB_PASSWORD="around-and-around")
    assert (await seen(server, DB_USER=f"rounds{rounds}", **OTHER))["auth.error"] == "bad_password"


@pytest.mark.parametrize(
    ("kept", "given", "fits"),
    [
        ("ends-in-a-break\n", "ends-in-a-break\n", True),
        ("ends-in-a-break\n", "ends-in-a-break", False),
        ("no-break", "no-break\n", False),
        ("straße\u00a0Ⅸ", "straße IX", True),
        ("soft\u00adhyphen-é", "softhyphen-é", True),
        ("right\u0627to-left", "right\u0627to-left", True),
        ("naïve", "naive", False),
    ],
)
async def test_a_password_is_prepared_as_the_server_prepares_it(
    server: Postgres, kept: str, given: str, *, fits: bool
) -> None:
    server.run("drop role if exists prepared")
    server.run(f"create role prepared login password '{kept}'")
    found = await seen(server, DB_USER="prepared", DB_PASSWORD=given)
    assert ("query.ms" in found, found.get("auth.error")) == ((True, None) if fits else (False, "bad_password"))


async def test_without_a_role_it_is_the_systems_user(server: Postgres) -> None:
    server.run(f"create role \"{getpass.getuser()}\" login password 'of-the-system'")
    assert "query.ms" in await seen(server, DB_USER="", DB_PASSWORD="of-the-system")


async def test_a_slow_log_in_is_told_from_a_slow_peer(server: Postgres) -> None:
    server.run("alter system set post_auth_delay = 1")
    server.run("select pg_reload_conf()")
    try:
        found = await seen(server, DB_USER="plain", DB_PASSWORD=ROLES["plain"][2])
    finally:
        server.run("alter system reset post_auth_delay")
        server.run("select pg_reload_conf()")
    assert number(found["auth.ms"]) >= 1000 > number(found["first_byte.ms"])


def counted(talk: Talk, met: list[int]) -> Talk:
    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(len(met))
        await talk(reader, writer)

    return count


@asynccontextmanager
async def slow(talk: Talk, met: list[int]) -> AsyncGenerator[dict[str, str]]:
    async with peer(counted(talk, met)) as port:
        yield {"DB_PORT": str(port)}


@pytest.mark.parametrize("secured", [False, True])
async def test_all_phases_go_over_one_connection(server: Postgres, tmp_path: Path, *, secured: bool) -> None:
    over_tls = postgres_over_tls(server.port, certificate(tmp_path, days=30))
    met: list[int] = []
    async with slow(over_tls if secured else relay(server.port, 0.5), met) as changes:
        found = values(await probe("db", server.environ() | changes, edge=PATIENT))
    assert "query.ms" in found
    assert len(met) == 1
    # The wait is met once, where it is; what comes after on the same connection has none.
    if not secured:
        assert number(found["first_byte.ms"]) >= 500


def says(*answers: bytes) -> Talk:
    """A peer that answers the request for TLS, and then each further message, with these bytes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(SSL_REQUEST))
        for answer in answers:
            writer.write(answer)
            await reader.read(65536)

    return talk


FULL = b"SFATAL\0VFATAL\0C53300\0Mno more connections allowed (max_client_conn)\0\0"
FOREIGN = "other: not PostgreSQL"


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), FOREIGN),
        ((b"-ERR unknown command\r\n",), FOREIGN),
        ((b"ERROR\r\n",), FOREIGN),
        ((b"E" + (len(FULL) + 4).to_bytes(4) + FULL,), "too_many_clients"),
        ((b"N", b"HTTP/1.1 400 Bad Request\r\n\r\n"), FOREIGN),
        ((b"N", b"R\0\0\0\x08\0\0\0\0"), "timeout"),
        ((b"N", b"R\0\0\0\x08\0\0\0\x07"), "other: LogInError: the server asks for a log-in of the kind 7"),
        ((b"N", b"R\0\0\0\x0e\0\0\0\x0aGSS\0\0\0"), "other: LogInError: the server offers GSS and not SCRAM-SHA-256"),
        ((b"N", b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0", b"R\0\0\0\x0c\0\0\0\x0br=ab"), "other: ValueError"),
        ((b"N", b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0", b"R\0\0\0\x08\0\0\0\0"), FOREIGN),
    ],
)
async def test_what_is_no_postgres_ends_at_the_log_in(answers: tuple[bytes, ...], error: str) -> None:
    async with peer(says(*answers)) as port:
        environ = {"DB_HOST": "127.0.0.1", "DB_PORT": str(port), "DB_USER": "app", "DB_PASSWORD": "of-the-app"}
        options = QUICK.model_copy(update={"timeout_s": 0.4})
        found = values(await probe("db", environ, options))
    assert phases(found) == {"tcp.ms", "first_byte.ms", "auth.error"}
    assert str(found["auth.error"]).startswith(error)


async def test_a_server_that_does_not_know_the_password_is_no_server_of_ours(server: Postgres) -> None:
    """Whoever only passes on what the server says, and grants the log-in itself, cannot prove it."""

    async def impostor(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", server.port)
        try:
            for _ in range(3):
                up_writer.write(await reader.read(65536))
                writer.write(await up_reader.read(65536))
        finally:
            up_writer.transport.abort()
        writer.write(b"R\0\0\0\x36\0\0\0\x0cv=" + b"A" * 43 + b"=")
        await reader.read(65536)

    async with peer(impostor) as port:
        found = await seen(server, DB_PORT=str(port))
    assert str(found["auth.error"]).startswith("other: LogInError: the server took the password without knowing it")
