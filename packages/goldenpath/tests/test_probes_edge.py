"""Each fault of a dependency, real servers on the other side: the phase that fails is named, and no later one."""

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest
from observing import edge_to, number, probe, texts, values
from peers import babbling, certificate, closing, http, peer, postgres_over_tls, relay, silent
from pydantic import JsonValue
from servers import Postgres, Valkey, free_port

from goldenpath.probes.edge import EdgeOptions

SHORT = EdgeOptions(timeout_s=0.4)


def errors(found: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in found.items() if name.endswith(".error")}


def phases(found: Mapping[str, JsonValue]) -> set[str]:
    return {name for name in found if name.endswith((".ms", ".error"))}


async def test_a_healthy_postgres_shows_every_phase(database: Postgres) -> None:
    found = values(await probe("db", database.environ()))
    assert phases(found) == {"tcp.ms", "first_byte.ms", "auth.ms", "query.ms"}
    assert found["address"] == repr(f"127.0.0.1:{database.port}")
    assert found["address.literal"] is True


async def test_a_postgres_that_offers_tls_is_spoken_to_over_tls(database: Postgres, tmp_path: Path) -> None:
    secured = certificate(tmp_path, days=30)
    async with peer(postgres_over_tls(database.port, secured)) as port:
        found = values(await probe("db", database.environ() | {"DB_PORT": str(port)}))
    assert phases(found) == {"tcp.ms", "first_byte.ms", "tls.ms", "auth.ms", "query.ms"}


async def test_a_healthy_valkey_shows_every_phase(cache: Valkey) -> None:
    seen = await probe("cache", cache.environ())
    assert phases(values(seen)) == {"tcp.ms", "first_byte.ms", "auth.ms", "query.ms"}
    assert "NOAUTH" in texts(seen)["first_byte.ms"]


async def test_the_probe_leaves_no_key_that_stays(cache: Valkey) -> None:
    await probe("cache", cache.environ())
    keys = int(cache.run("DBSIZE").removeprefix(":"))
    lasting = cache.run(
        "EVAL \"local n=0 for _,k in ipairs(redis.call('keys','*')) do "
        "if redis.call('pttl',k)==-1 then n=n+1 end end return n\" 0"
    )
    assert lasting == ":0", f"{keys} keys"


async def test_a_name_has_a_time_at_the_resolver(cache: Valkey) -> None:
    found = values(await probe("cache", cache.environ() | {"CACHE_HOST": "localhost"}))
    assert phases(found) == {"dns.ms", "tcp.ms", "first_byte.ms", "auth.ms", "query.ms"}
    assert found["address.literal"] is False


async def test_a_name_that_does_not_exist_fails_at_the_resolver() -> None:
    seen = await probe("cache", {"CACHE_HOST": "no-such-host.invalid", "CACHE_PORT": "6379"})
    found = values(seen)
    assert phases(found) == {"dns.error"}
    assert found["dns.error"] in {"EAI_NONAME", "EAI_AGAIN"}
    assert "libc" in texts(seen)["dns.error"]
    assert "dns.stripped" not in found


@pytest.mark.parametrize("around", ["{}\n", " {}", "{}\r", "\t{} "])
async def test_white_space_around_a_literal_fails_raw_and_works_stripped(database: Postgres, around: str) -> None:
    dirty = around.format("127.0.0.1")
    seen = await probe("db", database.environ() | {"DB_HOST": dirty})
    found = values(seen)
    assert errors(found) == {"dns.error": "EAI_NONAME"}
    assert found["address"] == repr(f"{dirty}:{database.port}")
    assert found["address.literal"] is False
    assert (found["dns.stripped"], found["tcp.stripped"]) == ("ok", "ok")


async def test_white_space_around_a_name_that_does_not_exist_is_no_explanation() -> None:
    found = values(await probe("cache", {"CACHE_HOST": "no-such-host.invalid\n", "CACHE_PORT": "6379"}))
    assert found["dns.stripped"] == found["dns.error"]


@pytest.mark.parametrize("host", ["a..b", "x" * 70, "\0"])
async def test_what_is_no_host_name_at_all_fails_at_the_resolver(host: str) -> None:
    found = values(await probe("cache", {"CACHE_HOST": host, "CACHE_PORT": "6379"}))
    assert errors(found) == {"dns.error": "EAI_NONAME"}


async def test_a_port_that_is_no_number_is_told_from_a_host() -> None:
    found = values(await probe("db", {"DB_HOST": "127.0.0.1", "DB_PORT": "None"}))
    assert errors(found) == {"dns.error": "EAI_SERVICE"}
    assert found["address.literal"] is True


@pytest.mark.parametrize(("environ", "says"), [({}, "DB_HOST is not set"), ({"DB_HOST": ""}, "DB_HOST is empty")])
async def test_an_absent_host_is_named(environ: dict[str, str], says: str) -> None:
    seen = await probe("db", environ)
    assert errors(values(seen)) == {"dns.error": "EAI_NONAME"}
    assert says in texts(seen)["dns.error"]
    assert "unix socket" in texts(seen)["dns.error"]


async def test_an_absent_port_is_the_protocols() -> None:
    found = values(await probe("cache", {"CACHE_HOST": "no-such-host.invalid"}))
    assert found["address"] == "'no-such-host.invalid:6379'"


async def test_a_closed_port_refuses() -> None:
    found = values(await probe("db", {"DB_HOST": "127.0.0.1", "DB_PORT": str(free_port())}))
    assert phases(found) == {"tcp.error"}
    assert found["tcp.error"] == "ECONNREFUSED"


async def test_a_full_queue_at_the_listener_times_out() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)  # noqa: FBT003 - socket's own signature
            one.connect_ex(("127.0.0.1", port))
        found = values(await probe("cache", {"CACHE_HOST": "127.0.0.1", "CACHE_PORT": str(port)}, SHORT))
        for one in waiting:
            one.close()
    assert phases(found) == {"tcp.error"}
    assert found["tcp.error"] == "ETIMEDOUT"


@pytest.mark.parametrize("target", ["db", "cache", "lake", "model"])
async def test_a_silent_peer_is_told_from_the_network(target: str) -> None:
    async with peer(silent) as port:
        found = values(await probe(target, environ_of(target, port), SHORT))
    assert phases(found) == {"tcp.ms", "first_byte.error"}
    assert found["first_byte.error"] == "timeout"


@pytest.mark.parametrize("target", ["db", "cache", "lake", "model"])
async def test_a_peer_that_hangs_up_is_told_from_a_silent_one(target: str) -> None:
    async with peer(closing) as port:
        found = values(await probe(target, environ_of(target, port), SHORT))
    assert phases(found) == {"tcp.ms", "first_byte.error"}
    assert found["first_byte.error"] == "closed"


@pytest.mark.parametrize("target", ["db", "cache", "lake", "model"])
async def test_a_peer_of_another_protocol_fails_at_the_log_in(target: str) -> None:
    async with peer(babbling) as port:
        found = values(await probe(target, environ_of(target, port), SHORT))
    assert phases(found) == {"tcp.ms", "first_byte.ms", "auth.error"}


def environ_of(target: str, port: int) -> dict[str, str]:
    """Variables that lead the sample's edge to this port."""
    given = {"db": "DB", "cache": "CACHE", "lake": "LAKE"}
    if target == "model":
        return {"MODEL_URL": f"http://127.0.0.1:{port}/v1", "MODEL_KEY": "key-of-the-model", "MODEL_NAME": "m"}
    return {f"{given[target]}_HOST": "127.0.0.1", f"{given[target]}_PORT": str(port)}


async def test_a_late_first_byte_is_measured_in_its_own_phase(cache: Valkey) -> None:
    async with peer(relay(cache.port, 0.3)) as port:
        edge = edge_to("cache").model_copy(update={"connect_ms": 200.0})
        seen = await probe("cache", cache.environ() | {"CACHE_PORT": str(port)}, edge=edge)
    found = values(seen)
    assert number(found["first_byte.ms"]) >= 300 > number(found["tcp.ms"])
    exceeded = found["budget.exceeded"]
    assert isinstance(exceeded, dict)
    assert exceeded["phase"] == "connect"
    assert exceeded["budget_ms"] == 200.0
    assert number(exceeded["ms"]) >= 300


async def test_a_wrong_password_and_an_unknown_role_look_the_same(database: Postgres) -> None:
    for change in ({"DB_PASSWORD": "not-the-password"}, {"DB_USER": "nobody-here"}, {"DB_PASSWORD": ""}):
        found = values(await probe("db", database.environ() | change))
        assert phases(found) == {"tcp.ms", "first_byte.ms", "auth.error"}
        assert found["auth.error"] == "bad_password"


async def test_an_unknown_database_is_named(database: Postgres) -> None:
    found = values(await probe("db", database.environ() | {"DB_NAME": "nowhere"}))
    assert errors(found) == {"auth.error": "unknown_database"}


async def test_a_role_that_may_only_read_is_named(database: Postgres) -> None:
    database.run("create role reader login password 'reads-and-reads'")
    database.run("alter role reader set default_transaction_read_only = on")
    found = values(await probe("db", database.environ() | {"DB_USER": "reader", "DB_PASSWORD": "reads-and-reads"}))
    assert errors(found) == {"query.error": "read_only"}


async def test_a_wrong_password_of_valkey_is_named(cache: Valkey) -> None:
    for password in ("not-the-password", ""):
        found = values(await probe("cache", cache.environ() | {"CACHE_PASSWORD": password}))
        assert errors(found) == {"auth.error": "bad_password"}


async def test_samples_show_every_connect(cache: Valkey) -> None:
    found = values(await probe("cache", cache.environ(), EdgeOptions(samples=4)))
    samples = found["connect.samples"]
    assert isinstance(samples, list)
    assert len(samples) == 4
    assert all(number(sample) > 0 for sample in samples)


async def test_failed_samples_are_counted_and_not_timed() -> None:
    environ = {"CACHE_HOST": "127.0.0.1", "CACHE_PORT": str(free_port())}
    seen = await probe("cache", environ, EdgeOptions(samples=3))
    assert values(seen)["connect.samples"] == []
    assert texts(seen)["connect.samples"] == "3 of 3 attempts failed"


async def test_the_address_of_another_revision_is_a_subject_of_its_own(cache: Valkey) -> None:
    seen = await probe("cache", cache.environ(), EdgeOptions(revision="r9", suffix="@r3"))
    assert {(o.subject, o.revision) for o in seen} == {("api->cache@r3", "r9")}


async def test_a_target_without_a_log_in_ends_with_its_first_byte() -> None:
    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        del method, path, headers, body
        return 200, "{}"

    async with peer(http(answer)) as port:
        edge = edge_to("db").model_copy(update={"target": "api"})
        found = values(await probe("api", {"API_HOST": "127.0.0.1", "API_PORT": str(port)}, edge=edge))
    assert phases(found) == {"tcp.ms", "first_byte.ms"}
