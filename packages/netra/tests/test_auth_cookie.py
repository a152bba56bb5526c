"""The page's session: a cookie that only this site receives, that scripts cannot read and other sites cannot use."""

from collections.abc import Mapping
from http.cookies import SimpleCookie

import httpx
import pytest
from netra_doors import PASSWORD, Door, Person, frames_until_closed, heard, opened
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

OWN = {"Sec-Fetch-Site": "same-origin"}


async def page(door: Door, person: Person) -> dict[str, str]:
    """The header with which a browser sends the session."""
    answer = await door.http.post("/api/auth/cookie", json={"email": person.email, "password": PASSWORD})
    assert answer.status_code == 204, answer.text
    door.http.cookies.clear()
    return {"Cookie": f"netra={answer.cookies['netra']}"}


async def test_scripts_and_other_sites_cannot_read_it(door: Door) -> None:
    person = await door.person()
    answer = await door.http.post("/api/auth/cookie", json={"email": person.email, "password": PASSWORD})
    door.http.cookies.clear()
    given = SimpleCookie(answer.headers["Set-Cookie"])["netra"]
    assert (given["httponly"], given["samesite"].lower(), given["path"], given["domain"]) == (True, "lax", "/", "")
    assert not given["secure"], "over http a secure cookie would never come back"
    assert answer.content == b""
    wrong = await door.http.post("/api/auth/cookie", json={"email": person.email, "password": "not this one"})
    assert wrong.status_code == 401
    assert "Set-Cookie" not in wrong.headers


@pytest.mark.slow
async def test_over_https_a_browser_guards_it_further(
    environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    public = {**environ, "PUBLIC_URL": "https://netra.example"}
    async with opened(public, tmp_path_factory.mktemp("public")) as door:
        person = await door.person()
        answer = await door.http.post("/api/auth/cookie", json={"email": person.email, "password": PASSWORD})
        given = SimpleCookie(answer.headers["Set-Cookie"])["__Host-netra"]
        assert (given["secure"], given["path"], given["domain"]) == (True, "/", "")
        plain, guarded = ({"Cookie": f"{name}={given.value}"} for name in ("netra", "__Host-netra"))
        assert (await door.http.get("/api/auth/me", headers=plain)).status_code == 401
        assert (await door.http.get("/api/auth/me", headers=guarded)).status_code == 200
        own = guarded | {"Origin": "https://netra.example"}
        assert (await door.http.post("/api/threads", headers=own)).status_code == 201


USES: list[tuple[dict[str, str], int]] = [
    ({}, 403),
    ({"Sec-Fetch-Site": "same-origin"}, 201),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "none"}, 403),
    ({"Origin": "own"}, 201),
    ({"Origin": "null"}, 403),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "https://app.example.com"}, 403),
    ({"Origin": "own", "Sec-Fetch-Site": "cross-site"}, 403),
    ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 403),
]


@pytest.mark.parametrize(("said", "status"), USES)
async def test_only_our_own_pages_change_anything_with_it(door: Door, said: dict[str, str], status: int) -> None:
    person = await door.person()
    cookie = await page(door, person)
    headers = {k: door.address if v == "own" else v for k, v in said.items()}
    assert (await door.http.post("/api/threads", headers=cookie | headers)).status_code == status
    assert (await door.http.get("/api/threads", headers=cookie | headers)).status_code == 200, "reading changes nothing"
    token = await door.http.post("/api/threads", headers=person.headers | headers)
    assert token.status_code == 201, "a token is sent on purpose"
    login = {"email": person.email, "password": PASSWORD}
    logged_in = await door.http.post("/api/auth/cookie", json=login, headers=headers)
    door.http.cookies.clear()
    assert logged_in.status_code == (204 if status == 201 or not headers else 403), "nor log anybody in"


async def test_a_socket_opens_with_it_for_our_own_pages_alone(door: Door) -> None:
    person = await door.person()
    cookie = await page(door, person)
    async with connect(door.socket_address, additional_headers=cookie, origin=Origin(door.address)) as socket:
        assert (await heard(socket))["user_id"] == person.user_id
        assert (await door.http.post("/api/auth/logout", headers=cookie | OWN)).status_code == 204
        assert await frames_until_closed(socket) == ([], 4003)
    cookie = await page(door, person)
    for origin in (None, "https://evil.example", "https://app.example.com", "null"):
        with pytest.raises(InvalidStatus) as caught:
            async with connect(
                door.socket_address, additional_headers=cookie, origin=Origin(origin) if origin else None
            ):
                pass
        assert caught.value.response.status_code == 403, origin


async def test_it_ends_with_its_session(door: Door) -> None:
    person = await door.person()
    first, second = await page(door, person), await page(door, person)
    answer: httpx.Response = await door.http.post("/api/auth/logout", headers=first | OWN)
    assert SimpleCookie(answer.headers["Set-Cookie"])["netra"]["max-age"] == "0"
    assert (await door.http.get("/api/auth/me", headers=first)).status_code == 401
    assert (await door.http.get("/api/auth/me", headers=second)).status_code == 200
    await door.http.post("/api/auth/logout-everywhere", headers=person.headers)
    assert (await door.http.get("/api/auth/me", headers=second)).status_code == 401


async def test_a_token_goes_before_it(door: Door) -> None:
    person, other = await door.person(), await door.person()
    cookie = await page(door, other)
    me = await door.http.get("/api/auth/me", headers=cookie | person.headers)
    assert me.json()["user_id"] == person.user_id
    bad = {"Authorization": "Bearer not.a.token"}
    assert (await door.http.get("/api/auth/me", headers=cookie | bad)).status_code == 401
    assert (await door.http.get("/api/auth/me", headers={"Cookie": "netra=made-up"})).status_code == 401


async def test_without_a_provider_nobody_is_sent_to_one(door: Door) -> None:
    for path in ("/api/auth/oidc/login", "/api/auth/oidc/callback"):
        answer = await door.http.get(path)
        assert (answer.status_code, answer.json()["error"]["where"]) == (404, "oidc")
