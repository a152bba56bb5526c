"""P1 026: the page in front of it all."""

import re

import httpx
import pytest
from e2e.person import Person
from e2e.reading import cancel, post

pytestmark = [pytest.mark.priority(1), pytest.mark.journey("history"), pytest.mark.category("page")]

ASSET = re.compile(r'(?:src|href)="(/static/[^"]+)"')
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
WEIGHT = 300 * 1024
"""What the page may weigh on the wire, in bytes."""


@pytest.mark.title(
    "The page is there whole, runs nothing from elsewhere, and a reload with its cookie alone shows the thread"
)
async def test_026_page(door: httpx.AsyncClient, person: Person, nonce: str) -> None:
    page = await door.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = {
        words[0]: words[1:] for part in page.headers["content-security-policy"].split(";") if (words := part.split())
    }
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == (["'none'"], ["'self'"], ["'self'"])
    weight = int(page.headers["content-length"])
    paths = sorted(set(ASSET.findall(page.text)))
    assert any(path.endswith("/app.js") for path in paths), paths
    for path in paths:
        asset = await door.get(path)
        assert asset.status_code == 200, path
        assert asset.headers["content-type"].startswith(TYPES[path[path.rfind(".") :]]), path
        weight += int(asset.headers["content-length"])
    assert weight < WEIGHT

    login = {"email": person.email, "password": person.password}
    opened = await door.post("/api/auth/cookie", json=login)
    assert opened.status_code == 204, opened.text
    session = {"Cookie": "; ".join(f"{name}={value}" for name, value in opened.cookies.items())}
    thread = (await door.post("/api/threads", headers=person.headers, json={})).json()["thread_id"]
    await cancel(door, person, (await post(door, person, thread, f"Show this {nonce}"))["run_id"])
    assert (await door.get("/", headers=session)).text == page.text
    shown = (await door.get(f"/api/threads/{thread}/messages", headers=session)).json()["messages"]
    assert [message["content"] for message in shown][:1] == [f"Show this {nonce}"]
