"""Dependencies behind HTTP: a model's endpoint and ClickHouse's door, with and without TLS."""

import json
from pathlib import Path

import pytest
from observing import probe, texts, values
from peers import Answer, certificate, http, peer, silent

from goldenpath.probes.edge import EdgeOptions

KEY = "sk-the-key-of-the-model"


STREAM = 'data: {"choices": [{"delta": {"content": "One"}}]}\n\ndata: [DONE]\n\n'


def model(status: int = 200, body: str = STREAM, *, listed: int = 200, offers: str = "{}") -> Answer:
    """An endpoint whose list of models and completions answer so; the key must be right for both."""

    def answer(method: str, path: str, headers: dict[str, str], content: bytes) -> tuple[int, str]:
        if headers.get("authorization") != f"Bearer {KEY}":
            return 401, json.dumps({"error": {"message": f"wrong key {headers.get('authorization')}"}})
        if (method, path) == ("GET", "/v1/models"):
            return listed, offers
        asked = json.loads(content)
        assert (method, path) == ("POST", "/v1/chat/completions")
        assert (asked["model"], asked["stream"]) == ("m-1", True)
        return status, body

    return answer


def environ(port: int, key: str = KEY, url: str = "http://127.0.0.1:{}/v1") -> dict[str, str]:
    return {"MODEL_URL": url.format(port), "MODEL_KEY": key, "MODEL_NAME": "m-1"}


async def test_a_model_that_answers_shows_every_phase() -> None:
    async with peer(http(model())) as port:
        found = values(await probe("model", environ(port)))
    assert set(found) == {"address", "address.literal", "tcp.ms", "first_byte.ms", "auth.ms", "query.ms"}


@pytest.mark.parametrize("given", ["sk-another-key", ""])
async def test_a_key_that_is_refused_is_named_and_never_shown(given: str) -> None:
    async with peer(http(model())) as port:
        seen = await probe("model", environ(port, given))
    assert values(seen)["auth.error"] == "key_refused"
    assert "query.ms" not in values(seen)
    assert not given or given not in "".join(o.model_dump_json() for o in seen)


@pytest.mark.parametrize(
    ("status", "body", "name", "error"),
    [
        (404, "no such model", "auth.error", "model_not_found"),
        (400, '{"error": {"code": "model_not_found"}}', "auth.error", "model_not_found"),
        (429, "slow down", "query.error", "rate_limited"),
        (402, "pay first", "query.error", "quota_exhausted"),
        (503, "busy", "query.error", "other: HTTP 503"),
    ],
)
async def test_what_a_completion_is_refused_for(status: int, body: str, name: str, error: str) -> None:
    async with peer(http(model(status, body))) as port:
        found = values(await probe("model", environ(port)))
    assert found[name] == error
    assert {"auth.ms", "auth.error"} - set(found)


async def test_an_endpoint_that_lists_no_models_is_judged_by_its_completion() -> None:
    async with peer(http(model(listed=404))) as port:
        found = values(await probe("model", environ(port)))
    assert {"auth.ms", "query.ms"} <= set(found)


@pytest.mark.parametrize(
    ("offers", "noted"),
    [
        ('{"data": [{"id": "m-0"}, {"id": "m-1"}]}', True),
        ('{"data": [{"id": "m-0"}]}', False),
        ('{"data": []}', None),
        ('["m-0"]', None),
        ("no JSON", None),
    ],
)
async def test_whether_the_model_stands_in_the_endpoints_list(offers: str, noted: bool | None) -> None:
    async with peer(http(model(offers=offers))) as port:
        found = values(await probe("model", environ(port)))
    assert found.get("model.listed") == noted
    assert {"auth.ms", "query.ms"} <= set(found)


@pytest.mark.parametrize("address", ["", "no address", "ftp://127.0.0.1/", "http:/127.0.0.1"])
async def test_what_is_no_http_address_is_refused_before_any_packet(address: str) -> None:
    found = values(await probe("model", {"MODEL_URL": address, "MODEL_KEY": KEY}))
    assert found["dns.error"] == "EAI_NONAME"
    assert "tcp.ms" not in found


async def test_a_line_break_behind_an_address_is_seen() -> None:
    async with peer(http(model())) as port:
        found = values(await probe("model", environ(port, url="http://127.0.0.1:{}/v1\n")))
    assert found["address"] == repr(f"http://127.0.0.1:{port}/v1\n")
    assert (found["dns.error"], found["dns.stripped"], found["tcp.stripped"]) == ("EAI_NONAME", "ok", "ok")


async def test_a_port_of_an_address_that_is_no_number_is_told_from_a_host() -> None:
    found = values(await probe("model", environ(0, url="http://127.0.0.1:None/v1")))
    assert found["dns.error"] == "EAI_SERVICE"


async def test_a_login_within_an_address_is_never_shown() -> None:
    async with peer(http(model())) as port:
        seen = await probe("model", environ(port, url="http://me:pass-of-mine@127.0.0.1:{}/v1"))
    assert values(seen)["address"] == repr(f"http://127.0.0.1:{port}/v1")
    assert "pass-of-mine" not in "".join(o.model_dump_json() for o in seen)


async def test_tls_to_a_peer_that_speaks_plain_text_fails_at_the_handshake() -> None:
    async with peer(http(model())) as port:
        found = values(await probe("model", environ(port, url="https://127.0.0.1:{}/v1"), EdgeOptions(timeout_s=1)))
    assert {"tcp.ms", "tls.error"} <= set(found)
    assert "first_byte.ms" not in found


async def test_tls_to_a_silent_peer_times_out_at_the_handshake() -> None:
    async with peer(silent) as port:
        seen = await probe("model", environ(port, url="https://127.0.0.1:{}/v1"), EdgeOptions(timeout_s=0.4))
    assert values(seen)["tls.error"] == "timeout"
    assert "plain text" in texts(seen)["tls.error"]


@pytest.mark.parametrize("days", [-1, 30])
async def test_a_certificate_that_nobody_vouches_for_is_named(tmp_path: Path, days: int) -> None:
    async with peer(http(model()), certificate(tmp_path, days=days)) as port:
        found = values(await probe("model", environ(port, url="https://localhost:{}/v1"), EdgeOptions(timeout_s=2)))
    assert found["tls.error"] == "certificate_untrusted"
    assert {"dns.ms", "tcp.ms"} <= set(found)


def lake(code: int = 0) -> Answer:
    """ClickHouse's door, which refuses every statement with this code."""

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        if path == "/ping":
            return 200, "Ok.\n"
        assert (method, body) == ("POST", b"select 1")
        assert path in {"/?database=facts", "/"}
        if headers.get("x-clickhouse-key") != "key-of-the-lake":
            return 500, "Code: 516. Authentication failed"
        return (500, f"Code: {code}. no") if code else (200, "1\n")

    return answer


LAKE = {"LAKE_HOST": "127.0.0.1", "LAKE_USER": "me", "LAKE_KEY": "key-of-the-lake", "LAKE_DB": "facts"}


async def test_a_clickhouse_that_answers_shows_every_phase() -> None:
    async with peer(http(lake())) as port:
        found = values(await probe("lake", LAKE | {"LAKE_PORT": str(port)}))
    assert {"tcp.ms", "first_byte.ms", "auth.ms", "query.ms"} <= set(found)


@pytest.mark.parametrize(
    ("change", "code", "error"),
    [
        ({"LAKE_KEY": "not-the-key"}, 0, "bad_password"),
        ({}, 81, "unknown_database"),
        ({}, 202, "too_many_clients"),
        ({}, 999, "other: HTTP 500"),
    ],
)
async def test_what_clickhouse_refuses_a_log_in_for(change: dict[str, str], code: int, error: str) -> None:
    async with peer(http(lake(code))) as port:
        found = values(await probe("lake", LAKE | change | {"LAKE_PORT": str(port)}))
    assert found["auth.error"] == error
    assert "query.ms" not in found
