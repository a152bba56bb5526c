"""Limits count exactly for all processes: in Valkey, and in PostgreSQL while Valkey is away."""

import asyncio
import itertools
from collections.abc import AsyncGenerator
from uuid import uuid4

import pytest
from netra_relays import Relay, relayed
from netra_runs import eventually
from redis.asyncio import Redis

from netra.auth.limits import Limits, PlanLimitError
from netra.auth.plans import PLANS
from netra.auth.principal import Plan, Principal
from netra.errors import RateLimitedError
from netra.settings.model import Settings
from netra.stores import open_sockets, shared, valkey
from netra.stores.database import Pool
from netra.stores.open_sockets import OpenSockets
from netra.stores.shared import Shared
from netra.stores.windows import Windows


@pytest.fixture
async def client(settings: Settings) -> AsyncGenerator[Redis]:
    opened = valkey.open_client(settings.redis)
    yield opened
    await opened.aclose()


@pytest.fixture
async def relay(settings: Settings) -> AsyncGenerator[Relay]:
    async with relayed(settings.redis.port) as relay:
        yield relay


@pytest.fixture
async def far_client(settings: Settings, relay: Relay) -> AsyncGenerator[Redis]:
    """A client whose Valkey can be taken away."""
    opened = valkey.open_client(settings.redis.model_copy(update={"port": relay.port}))
    yield opened
    await opened.aclose()


@pytest.fixture
def windows(client: Redis, database: Pool) -> Windows:
    return Windows(Shared(client), database)


@pytest.fixture
def limits(client: Redis, database: Pool, windows: Windows) -> Limits:
    return Limits(windows, OpenSockets(Shared(client), database))


def someone(plan: Plan = "free") -> Principal:
    return Principal(user_id=uuid4(), tenant_id=uuid4(), email="x@example.com", plan=plan)


async def test_two_processes_count_together(client: Redis, database: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "ANSWER_S", 30)  # a busy machine must not look like a Valkey that is away
    key = uuid4().hex
    processes = [Windows(Shared(client), database) for _ in range(2)]
    counts = await asyncio.gather(*(processes[n % 2].add(key, 60) for n in range(40)))
    assert sorted(c.count for c in counts) == list(range(1, 41))
    assert all(59 < c.ends_in_s <= 60 for c in counts)


async def test_a_window_ends(windows: Windows) -> None:
    key = uuid4().hex
    assert (await windows.add(key, 0.2)).count == 1
    await asyncio.sleep(0.3)
    assert (await windows.add(key, 60)).count == 1


async def test_what_is_taken_back_does_not_count(windows: Windows) -> None:
    key = uuid4().hex
    await windows.add(key, 60)
    await windows.take_back(key)
    assert (await windows.add(key, 60)).count == 1
    await windows.clear(key)
    assert (await windows.add(key, 60)).count == 1


async def test_taking_back_after_the_window_ended_leaves_no_endless_key(client: Redis, windows: Windows) -> None:
    key = uuid4().hex
    await windows.take_back(key)
    assert (await windows.add(key, 60)).count == 1
    assert 0 < await client.pttl(f"window:{key}") <= 60_000


async def test_failed_logins_from_one_address_are_limited(limits: Limits) -> None:
    address = uuid4().hex
    for _ in range(100):
        await limits.try_login(uuid4().hex, address)
    with pytest.raises(RateLimitedError) as caught:
        await limits.try_login(uuid4().hex, address)
    assert 290 < caught.value.retry_after <= 300
    await limits.try_login(uuid4().hex, uuid4().hex)


@pytest.mark.parametrize("network", ["2001:db8:{}:{}::{}", "::ffff:10.{}.{}.7"])
async def test_whoever_has_a_network_has_its_addresses(limits: Limits, network: str) -> None:
    """An IPv6 network of 2^64 addresses is one household; an IPv4 address may be written as one of IPv6."""
    first, second = (uuid4().int % 200 + 1 for _ in range(2))
    for n in range(100):
        await limits.try_login(uuid4().hex, network.format(first, second, n + 1))
    with pytest.raises(RateLimitedError, match="this address"):
        await limits.try_login(uuid4().hex, network.format(first, second, "ffff"))
    with pytest.raises(RateLimitedError, match="this address"):
        await limits.try_login(
            uuid4().hex, f"10.{first}.{second}.7" if "ffff" in network else f"2001:db8:{first}:{second}:1:2:3:4"
        )
    await limits.try_login(uuid4().hex, network.format(first, second + 300 if "db8" in network else second + 1, 1))


async def test_a_success_clears_the_account_and_is_taken_back_from_the_address(limits: Limits) -> None:
    email, address = uuid4().hex, uuid4().hex
    for _ in range(30):
        await limits.try_login(email, address)
        await limits.login_succeeded(email, address)
    for _ in range(10):
        await limits.try_login(email, address)
    with pytest.raises(RateLimitedError, match="this account"):
        await limits.try_login(email, address)


@pytest.mark.parametrize(("plan", "limit"), [("free", 100), ("pro", 1000), ("enterprise", 10_000)])
async def test_each_plan_has_its_hour(client: Redis, limits: Limits, plan: Plan, limit: int) -> None:
    principal = someone(plan)
    await client.set(f"window:messages:{principal.user_id}", limit - 1, px=3_600_000)
    allowance = await limits.take_message(principal)
    assert (allowance.name, allowance.limit, allowance.remaining) == ("messages_per_hour", limit, 0)
    with pytest.raises(PlanLimitError) as caught:
        await limits.take_message(principal)
    told = await limits.messages(principal)
    assert (told.name, told.limit, told.remaining) == ("messages_per_hour", limit, 0)
    assert abs(told.resets_in_s - caught.value.retry_after) < 5
    assert caught.value.retry_after > 3500


def test_a_larger_plan_allows_no_less_of_anything() -> None:
    tables = [PLANS[plan].model_dump() for plan in ("free", "pro", "enterprise")]
    for smaller, larger in itertools.pairwise(tables):
        assert all(larger[name] > allowed for name, allowed in smaller.items())


async def test_without_valkey_processes_count_together_in_postgres_and_say_so_once(
    far_client: Redis, relay: Relay, database: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "netra.stores.shared")
    windows, key = Windows(Shared(far_client), database), uuid4().hex
    assert (await windows.add(key, 60)).count == 1
    await relay.refuse()
    assert [(await windows.add(key, 60)).count for _ in range(3)] == [1, 2, 3]
    assert [r.getMessage() for r in caplog.records] == ["limits are counted in postgres"]
    other = Windows(Shared(far_client), database)
    counts = await asyncio.gather(*((windows, other)[n % 2].add(key, 60) for n in range(20)))
    assert sorted(c.count for c in counts) == list(range(4, 24))
    assert (await other.read(key, 60)).count == 23
    await windows.take_back(key)
    assert (await windows.add(key, 60)).count == 23
    await windows.clear(key)
    assert (await windows.add(key, 0.2)).count == 1
    await asyncio.sleep(0.3)
    assert (await windows.add(key, 60)).count == 1, "the window had ended"
    await relay.restore()
    await asyncio.sleep(1.1)
    assert (await windows.add(key, 60)).count == 2, "Valkey still knows what it had counted"
    assert caplog.records[-1].getMessage() == "limits are counted in valkey again"


async def test_a_silent_valkey_holds_nobody_up(far_client: Redis, relay: Relay, database: Pool) -> None:
    windows, key = Windows(Shared(far_client), database), uuid4().hex
    await relay.silence()
    async with asyncio.timeout(5):
        for n in range(50):
            assert (await windows.add(key, 60)).count == n + 1


@pytest.mark.parametrize("away", [False, True])
async def test_sockets_of_all_processes_count_together(
    far_client: Redis, relay: Relay, database: Pool, *, away: bool
) -> None:
    if away:
        await relay.refuse()
    here, there = (OpenSockets(Shared(far_client), database) for _ in range(2))
    person = uuid4()
    assert [await here.take(person, 3), await there.take(person, 3), await here.take(person, 3)] == [1, 2, 3]
    assert await there.take(person, 3) is None
    assert await here.take(person, 3) is None
    assert [await here.open_for(person), await there.open_for(person)] == [3, 3]
    await here.release(person)
    assert await there.take(person, 3) == 3
    assert await here.take(uuid4(), 3) == 1, "other people are counted apart"


async def test_a_valkey_that_lost_everything_is_told_again(
    client: Redis, database: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_sockets, "RENEWAL_S", 0.05)
    person = uuid4()
    async with OpenSockets(Shared(client), database) as here, OpenSockets(Shared(client), database) as there:
        await here.take(person, 3)
        await client.delete(f"sockets:{person}")

        async def known_again() -> bool:
            return await there.open_for(person) == 1

        await eventually(known_again)


async def test_what_a_killed_process_held_is_free_again(
    client: Redis, database: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_sockets, "LASTS_S", 0.2)
    person = uuid4()
    await OpenSockets(Shared(client), database).take(person, 1)
    other = OpenSockets(Shared(client), database)
    assert await other.take(person, 1) is None
    await asyncio.sleep(0.3)
    assert await other.take(person, 1) == 1
