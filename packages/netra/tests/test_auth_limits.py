"""Limits count exactly, in Valkey for all processes, and in this process while Valkey is away."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import uuid4

import pytest
from netra_relays import Relay, relayed
from redis.asyncio import Redis

from netra.auth.limits import Limits, MessagesExhaustedError, messages_per_hour
from netra.auth.principal import Plan, Principal
from netra.auth.windows import Windows
from netra.errors import RateLimitedError
from netra.settings.model import Settings
from netra.stores import valkey


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


def someone(plan: Plan = "free") -> Principal:
    return Principal(user_id=uuid4(), tenant_id=uuid4(), email="x@example.com", plan=plan)


async def test_two_processes_count_together(client: Redis) -> None:
    key = uuid4().hex
    windows = [Windows(client), Windows(client)]
    counts = await asyncio.gather(*(windows[n % 2].add(key, 60) for n in range(40)))
    assert sorted(c.count for c in counts) == list(range(1, 41))
    assert all(59 < c.ends_in_s <= 60 for c in counts)


async def test_a_window_ends(client: Redis) -> None:
    key = uuid4().hex
    windows = Windows(client)
    assert (await windows.add(key, 0.2)).count == 1
    await asyncio.sleep(0.3)
    assert (await windows.add(key, 60)).count == 1


async def test_what_is_taken_back_does_not_count(client: Redis) -> None:
    key = uuid4().hex
    windows = Windows(client)
    await windows.add(key, 60)
    await windows.take_back(key)
    assert (await windows.add(key, 60)).count == 1
    await windows.clear(key)
    assert (await windows.add(key, 60)).count == 1


async def test_taking_back_after_the_window_ended_leaves_no_endless_key(client: Redis) -> None:
    key = uuid4().hex
    windows = Windows(client)
    await windows.take_back(key)
    assert (await windows.add(key, 60)).count == 1
    assert 0 < await client.pttl(f"window:{key}") <= 60_000


async def test_failed_logins_from_one_address_are_limited(client: Redis) -> None:
    limits, address = Limits(Windows(client)), uuid4().hex
    for _ in range(100):
        await limits.try_login(uuid4().hex, address)
    with pytest.raises(RateLimitedError) as caught:
        await limits.try_login(uuid4().hex, address)
    assert 290 < caught.value.retry_after <= 300
    await limits.try_login(uuid4().hex, uuid4().hex)


async def test_a_success_clears_the_account_and_is_taken_back_from_the_address(client: Redis) -> None:
    limits, email, address = Limits(Windows(client)), uuid4().hex, uuid4().hex
    for _ in range(30):
        await limits.try_login(email, address)
        await limits.login_succeeded(email, address)
    for _ in range(10):
        await limits.try_login(email, address)
    with pytest.raises(RateLimitedError, match="this account"):
        await limits.try_login(email, address)


@pytest.mark.parametrize(("plan", "limit"), [("free", 100), ("pro", 1000), ("enterprise", 10_000)])
async def test_each_plan_has_its_hour(client: Redis, plan: Plan, limit: int) -> None:
    assert messages_per_hour(plan) == limit
    limits, principal = Limits(Windows(client)), someone(plan)
    await client.set(f"window:messages:{principal.user_id}", limit - 1, px=3_600_000)
    allowance = await limits.take_message(principal)
    assert (allowance.limit, allowance.remaining) == (limit, 0)
    with pytest.raises(MessagesExhaustedError):
        await limits.take_message(principal)


async def test_without_valkey_it_counts_here_and_says_so_once(
    far_client: Redis, relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "netra.auth.windows")
    windows, key = Windows(far_client), uuid4().hex
    assert (await windows.add(key, 60)).count == 1
    await relay.refuse()
    assert [(await windows.add(key, 60)).count for _ in range(3)] == [1, 2, 3]
    await windows.take_back(key)
    assert (await windows.add(key, 60)).count == 3
    await windows.clear(key)
    assert (await windows.add(key, 60)).count == 1
    assert [r.getMessage() for r in caplog.records] == ["limits are counted in this process"]
    await relay.restore()
    await asyncio.sleep(1.1)
    assert (await windows.add(key, 60)).count == 2, "Valkey still knows what it had counted"
    assert caplog.records[-1].getMessage() == "limits are counted in valkey again"


async def test_a_silent_valkey_holds_nobody_up(far_client: Redis, relay: Relay) -> None:
    windows = Windows(far_client)
    await relay.silence()
    async with asyncio.timeout(3):
        for n in range(50):
            assert (await windows.add("k", 60)).count == n + 1
