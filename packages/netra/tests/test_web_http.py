"""What every HTTP answer has: an id, the revision, one error shape, documented, logged, and never a secret."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from netra_doors import PASSWORD, Door, frames_until_closed, opened, said, said_and_heard
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

ANSWERS = [
    ("GET", "/api/version", 200),
    ("GET", "/nowhere", 404),
    ("PUT", "/api/version", 405),
    ("GET", "/api/threads", 401),
    ("POST", "/api/auth/login", 422),
    ("GET", "/api/docs", 200),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_every_answer_names_the_request_and_the_revision(door: Door, method: str, path: str, status: int) -> None:
    nonce = f"nonce.{method}-{status}_{path.strip('/').replace('/', '.')}"
    answer = await door.http.request(method, path, headers={"X-Request-ID": nonce})
    assert answer.status_code == status
    assert answer.headers["X-Request-ID"] == nonce
    assert answer.headers["X-Netra-Revision"] == "test-1"
    assert "server" not in answer.headers
    if status >= 400:
        error = answer.json()["error"]
        assert error["request_id"] == nonce
        assert error["code"]
        assert error["message"]
    line = await door.logged(nonce)
    assert (line["method"], line["path"], line["status"]) == (method, path, status)
    assert line["component"] == "web"
    assert line["revision"] == "test-1"
    assert line["ms"] > 0


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "ü", "a;b", "<script>"])
async def test_a_request_id_that_could_do_harm_is_replaced(door: Door, given: str) -> None:
    answer = await door.http.get("/health/live", headers=[(b"X-Request-ID", given.encode())])
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])


async def test_two_requests_have_two_ids(door: Door) -> None:
    answers = await asyncio.gather(*(door.http.get("/health/live") for _ in range(2)))
    assert len({a.headers["X-Request-ID"] for a in answers}) == 2


async def test_a_body_over_the_limit_is_refused_announced_or_not(door: Door) -> None:
    async def pieces() -> AsyncGenerator[bytes]:
        for _ in range(20):
            yield b" " * 30_000

    for content in (b" " * 600_000, pieces()):
        answer = await door.http.post("/api/auth/login", content=content)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "too_large"


@pytest.mark.parametrize("content", [b"", b"{", b"[1,2]", b"\xff\xfe", b'{"email": NaN}', b'"\\ud800"', b"null"])
async def test_a_body_that_is_not_what_it_should_be_is_refused(door: Door, content: bytes) -> None:
    answer = await door.http.post("/api/auth/login", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"]["where"].startswith("body")


async def test_pages_of_listed_origins_may_call(door: Door) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    listed = await door.http.options("/api/threads", headers={"Origin": "https://app.example.com", **asked})
    assert listed.status_code == 200
    assert listed.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "X-Request-ID" in listed.headers
    other = await door.http.options("/api/threads", headers={"Origin": "https://evil.example", **asked})
    assert other.status_code == 400
    assert "Access-Control-Allow-Origin" not in other.headers
    plain = await door.http.get("/api/version", headers={"Origin": "https://app.example.com"})
    assert "X-Netra-Revision" in plain.headers["Access-Control-Expose-Headers"]


async def test_the_documentation_is_complete(door: Door) -> None:
    document: dict[str, Any] = (await door.http.get("/api/openapi.json")).json()
    operations = [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) > 20
    for name, operation in operations:
        assert operation.get("description"), name
        succeeding = [r for status, r in operation["responses"].items() if status.startswith("2")]
        assert any("content" in r for r in succeeding) or {"204", "303"} & set(operation["responses"]), name
        for status, response in operation["responses"].items():
            if status.startswith("4"):
                schema = response["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorDocument"}, (name, status)
    protected = [name for name, operation in operations if operation.get("security")]
    assert len(protected) > 12, protected
    assert all("401" in operation["responses"] for name, operation in operations if name in protected)


async def test_a_stop_ends_sockets_and_streams_at_once(
    environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with opened(environ, tmp_path_factory.mktemp("stop")) as door:
        person = await door.person()
        async with door.socket(person) as socket:
            await said(socket, type="user_message", content="hi")
            run_id = (await said_and_heard(socket, type="ping"))["run_id"]
            path = f"/api/runs/{run_id}/events"
            async with door.http.stream("GET", path, headers=person.headers) as stream:
                lines = stream.aiter_lines()
                assert await anext(lines) == "retry: 1000"
                door.process.terminate()
                rest = [line async for line in lines]
                assert any(line.startswith("data: ") for line in rest)
            _, code = await frames_until_closed(socket)
            assert code == 1012
        await asyncio.wait_for(door.process.wait(), 4)
        # A busy machine blocks the loop now and then, and the watch over it says so.
        own = [line for line in door.lines() if line["logger"] != "netra.telemetry.lag"]
        assert not [line for line in own if line["level"] in {"warning", "error"}]


async def test_nothing_secret_is_logged(environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    verbose = {**environ, "LOG_LEVEL": "debug"}
    async with opened(verbose, tmp_path_factory.mktemp("secrets")) as door:
        person = await door.person()
        login = {"email": person.email, "password": PASSWORD}
        await door.http.post("/api/auth/login", json=login)
        await door.http.post("/api/auth/login", json={**login, "password": "a wrong password"})
        await door.http.post("/api/auth/register", json={**login, "password": "tiny-pw"})
        refreshed = await door.http.post("/api/auth/refresh", json={"refresh_token": person.refresh_token})
        await door.http.get("/api/threads", params={"token": person.access_token})
        async with door.socket(person) as socket:
            await said_and_heard(socket, type="user_message", content="a private question")
        with pytest.raises(InvalidStatus):
            async with connect(f"{door.socket_address}?token={person.access_token}"):
                pass
        await door.http.post("/api/auth/refresh", json={"refresh_token": person.refresh_token})
        await door.http.get("/api/health")
    log = door.log.read_text()
    pair = refreshed.json()
    secrets = {name: value for name, value in environ.items() if name.endswith(("PASSWORD", "SIGNING_KEY"))}
    secrets |= {"password": PASSWORD, "wrong password": "a wrong password", "short password": "tiny-pw"}
    secrets |= {"access": person.access_token, "refresh": person.refresh_token, "message": "a private question"}
    secrets |= {"next access": pair["access_token"], "next refresh": pair["refresh_token"]}
    assert len(log.splitlines()) > 10, "the control: it logs"
    assert [name for name, value in secrets.items() if value in log] == []
    assert "eyJ" not in log


async def test_a_client_is_known_by_its_own_address_only_behind_a_trusted_proxy(
    environ: Mapping[str, str], door: Door, tmp_path_factory: pytest.TempPathFactory
) -> None:
    trusting = {**environ, "WEB_TRUSTED_PROXIES": "127.0.0.0/8"}
    async with opened(trusting, tmp_path_factory.mktemp("proxied")) as proxied:
        assert await _client_seen_by(proxied) == "203.0.113.7"
    assert await _client_seen_by(door) == "127.0.0.1", "anybody can send the header"


async def _client_seen_by(door: Door) -> str:
    nonce = uuid4().hex
    await door.http.get("/health/live", headers={"X-Forwarded-For": "203.0.113.7", "X-Request-ID": nonce})
    return (await door.logged(nonce))["client"]
