"""What a customer may rely on, seen through the front door."""

import asyncio

import httpx
import pytest

from goldenpath.testing.target import Target

STEP_S = 0.1


async def signed_in(door: httpx.AsyncClient, name: str) -> dict[str, str]:
    answer = await door.post("/session", json={"name": name})
    assert answer.status_code == 201
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def ordered(door: httpx.AsyncClient, customer: dict[str, str], item: str) -> str:
    answer = await door.post("/orders", json={"item": item}, headers=customer)
    assert answer.status_code == 202
    return answer.json()["id"]


@pytest.mark.priority(1)
@pytest.mark.journey("order")
async def test_what_is_ordered_is_packed(door: httpx.AsyncClient, nonce: str, target: Target) -> None:
    customer = await signed_in(door, nonce)
    order = await ordered(door, customer, f"a lamp ({nonce})")
    async with asyncio.timeout(target.wait_s):
        while True:
            found = (await door.get(f"/orders/{order}", headers=customer)).json()
            if found["state"] == "packed":
                break
            await asyncio.sleep(STEP_S)
    assert found == {"id": order, "item": f"a lamp ({nonce})", "state": "packed"}


@pytest.mark.priority(1)
@pytest.mark.journey("order")
async def test_nobody_sees_the_order_of_another(door: httpx.AsyncClient, nonce: str) -> None:
    order = await ordered(door, await signed_in(door, nonce), f"a secret ({nonce})")
    stranger = await signed_in(door, f"{nonce}-stranger")
    assert (await door.get(f"/orders/{order}", headers=stranger)).status_code == 404


@pytest.mark.priority(2)
@pytest.mark.proof("log")
@pytest.mark.journey("order")
async def test_without_a_session_nothing_is_sold(door: httpx.AsyncClient, nonce: str) -> None:
    answer = await door.post("/orders", json={"item": nonce})
    assert (answer.status_code, answer.json()["error"]) == (401, "sign in first")
