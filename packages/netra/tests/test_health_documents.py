"""What the health documents say while a dependency is refused, silent, or well again: through the real door."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import Response
from netra_doors import Door, heard, opened, said, said_and_heard
from netra_relays import Relay, relayed

from netra.stores.database import Pool

PROBE_S = 2.0
PORTS = {"postgres": "POSTGRES_PORT", "valkey": "REDIS_PORT", "clickhouse": "CLICKHOUSE_PORT"}


@dataclass(frozen=True, kw_only=True)
class Site:
    """A door whose datastores can be taken away."""

    door: Door
    relays: Mapping[str, Relay]

    async def health(self) -> Response:
        return await self.door.http.get("/api/health")

    async def settled(self, name: str, status: str) -> dict[str, Any]:
        """Wait until the document says this of the dependency; answers the document."""
        async with asyncio.timeout(15):
            while True:
                document = (await self.health()).json()
                if document["dependencies"][name]["status"] == status:
                    return document
                await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
async def all_relays(environ: Mapping[str, str]) -> AsyncGenerator[Mapping[str, Relay]]:
    async with (
        relayed(int(environ["POSTGRES_PORT"])) as postgres,
        relayed(int(environ["REDIS_PORT"])) as valkey,
        relayed(int(environ["CLICKHOUSE_PORT"])) as clickhouse,
    ):
        yield {"postgres": postgres, "valkey": valkey, "clickhouse": clickhouse}


@pytest.fixture(scope="module")
async def relayed_door(
    environ: Mapping[str, str],
    all_relays: Mapping[str, Relay],
    database: Pool,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[Door]:
    ports = {PORTS[name]: str(relay.port) for name, relay in all_relays.items()}
    await database.execute("insert into workers values ('w', 'test-1', 'here', 1, now() + interval '1 hour')")
    async with opened({**environ, **ports}, tmp_path_factory.mktemp("health")) as door:
        yield door


@pytest.fixture
async def site(relayed_door: Door, all_relays: Mapping[str, Relay]) -> AsyncGenerator[Site]:
    site = Site(door=relayed_door, relays=all_relays)
    yield site
    for name, relay in all_relays.items():
        await relay.restore()
        await site.settled(name, "ok")


async def test_all_is_well_with_every_step_timed(site: Site) -> None:
    answer = await site.health()
    document = answer.json()
    assert (answer.status_code, document["status"]) == (200, "healthy")
    assert set(document["dependencies"]) == {"postgres", "valkey", "clickhouse", "llm", "worker"}
    for name in ("postgres", "valkey"):
        reading = document["dependencies"][name]
        assert all(reading[step] is not None for step in ("dns_ms", "connect_ms", "auth_ms", "query_ms")), name
    assert document["dependencies"]["postgres"]["pool_wait_ms"] is not None
    assert document["dependencies"]["llm"]["status"] == "not_configured"
    phases = [phase["name"] for phase in document["startup"]]
    assert phases == ["settings", "postgres", "migrations", "valkey", "clickhouse", "llm", "doors"]


async def test_a_reading_is_shared_for_a_second_and_no_longer(site: Site) -> None:
    answers = await asyncio.gather(*(site.health() for _ in range(5)))
    assert len({a.json()["at"] for a in answers}) == 1
    await asyncio.sleep(1.1)
    assert (await site.health()).json()["at"] > answers[0].json()["at"]


@pytest.mark.parametrize("name", ["valkey", "clickhouse"])
async def test_an_optional_dependency_that_is_refused_degrades(site: Site, name: str) -> None:
    await site.relays[name].refuse()
    document = await site.settled(name, "failed")
    reading = document["dependencies"][name]
    assert document["status"] == "degraded"
    assert (reading["failed_at"], reading["error_class"]) == ("connect", "refused")
    assert "nothing listens" in reading["message"]
    assert (await site.health()).status_code == 200
    assert (await site.door.http.get("/health/ready")).status_code == 200
    await asyncio.sleep(1.1)
    assert (await site.health()).json()["dependencies"][name]["since"] == reading["since"]
    await site.relays[name].restore()
    well = (await site.settled(name, "ok"))["dependencies"][name]
    assert well["since"] > reading["since"]
    assert well["error_class"] is None


@pytest.mark.parametrize(("name", "step"), [("valkey", "auth"), ("clickhouse", "query"), ("postgres", "auth")])
async def test_a_silent_dependency_is_a_timeout_at_its_step_within_the_limit(site: Site, name: str, step: str) -> None:
    await site.relays[name].silence()
    await asyncio.sleep(1.1)
    began = time.monotonic()
    document = (await site.health()).json()
    took = time.monotonic() - began
    reading = document["dependencies"][name]
    assert (reading["status"], reading["failed_at"], reading["error_class"]) == ("failed", step, "timeout")
    assert reading["connect_ms"] is not None, "the steps before it are still told"
    assert reading[f"{step}_ms"] >= PROBE_S * 900
    assert reading["message"].startswith(f"{step}: no answer within ")
    assert took < 2 * PROBE_S, "probes run side by side within one limit"


async def test_without_postgres_the_service_is_unhealthy_and_says_so_everywhere(site: Site) -> None:
    person = await site.door.person()
    await site.relays["postgres"].refuse()
    document = await site.settled("postgres", "failed")
    assert document["status"] == "unhealthy"
    assert document["dependencies"]["postgres"]["error_class"] == "refused"
    assert document["dependencies"]["worker"]["error_class"] == "unknown"
    assert (await site.health()).status_code == 503
    ready = await site.door.http.get("/health/ready")
    assert ready.status_code == 503
    assert [r["component"] for r in ready.json()["reasons"]] == ["postgres"]
    assert (await site.door.http.get("/health/live")).status_code == 200
    assert (await site.door.http.get("/api/version")).status_code == 200
    answer = await site.door.http.get("/api/threads", headers=person.headers)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "dependency_unavailable"
    assert answer.json()["error"]["where"] == "postgres"
    assert "127.0.0.1" not in answer.text, "addresses are for the log"
    await site.relays["postgres"].restore()
    await site.settled("postgres", "ok")
    assert (await site.door.http.get("/api/threads", headers=person.headers)).status_code == 200


async def test_a_socket_survives_the_loss_of_postgres(site: Site) -> None:
    person = await site.door.person()
    async with site.door.socket(person) as socket:
        await site.relays["postgres"].refuse()
        answer = await said_and_heard(socket, type="user_message", content="x", client_message_id="c")
        assert (answer["code"], answer["where"], answer["client_message_id"]) == (
            "dependency_unavailable",
            "postgres",
            "c",
        )
        await site.relays["postgres"].restore()
        await site.settled("postgres", "ok")
        answer = await said_and_heard(socket, type="user_message", content="x")
        assert answer["type"] == "message_accepted"


async def test_without_valkey_messages_are_served_and_limits_are_counted_in_postgres(site: Site) -> None:
    person = await site.door.person()
    await site.relays["valkey"].refuse()
    async with site.door.socket(person) as socket:
        accepted = await said_and_heard(socket, type="user_message", content="x")
        assert accepted["type"] == "message_accepted"
        assert (await heard(socket))["type"] == "run_queued"
        await said(socket, type="cancel", run_id=accepted["run_id"])
        assert (await heard(socket))["type"] == "run_cancelled", "readers find it in the log"
    wrong = {"email": person.email, "password": "guess"}
    statuses = [(await site.door.http.post("/api/auth/login", json=wrong)).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429], "the limit holds without Valkey"
    told = [line for line in site.door.lines() if line["event"] == "limits are counted in postgres"]
    assert told[-1]["level"] == "warning"


async def test_a_worker_that_fell_silent_makes_the_service_unhealthy(site: Site, database: Pool) -> None:
    await database.execute("update workers set seen_at = now() - interval '7 seconds'")
    try:
        document = await site.settled("worker", "failed")
        assert document["status"] == "unhealthy"
        assert document["dependencies"]["worker"]["error_class"] == "absent"
        assert "no worker has been seen for" in document["dependencies"]["worker"]["message"]
        assert (await site.door.http.get("/health/ready")).status_code == 200, "messages are still taken, durably"
    finally:
        await database.execute("update workers set seen_at = now() + interval '1 hour'")
    await site.settled("worker", "ok")


async def test_migrations_that_are_missing_make_it_unready(site: Site, database: Pool) -> None:
    row = await database.fetchrow("delete from schema_migrations where name = '0001_core' returning checksum")
    assert row is not None
    try:
        await asyncio.sleep(1.1)
        ready = await site.door.http.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["reasons"] == [
            {"component": "migrations", "message": "not applied: 0001_core; run `netra migrate`"}
        ]
    finally:
        await database.execute("insert into schema_migrations values ('0001_core', $1)", row["checksum"])


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/api/health", "/api/version"])
async def test_probes_that_ask_with_head_or_options_are_served(site: Site, path: str) -> None:
    get = await site.door.http.get(path)
    head = await site.door.http.head(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    options = await site.door.http.options(path)
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
