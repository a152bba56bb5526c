"""Log-in through an identity provider: a real one, PKCE required, and one that lies about everything it can."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from netra_doors import PASSWORD, Door, opened
from netra_oidc import CALLBACK, CLIENT_SECRET, Claims, Liar, asked, browser, liar, provider, register, variables
from netra_relays import relayed
from netra_runs import eventually

from netra.stores.database import Pool


@pytest.fixture(scope="module")
async def real(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    async with provider(tmp_path_factory.mktemp("provider")) as address:
        yield address


@pytest.fixture(scope="module")
async def door(environ: Mapping[str, str], real: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    given = {**environ, **variables(f"{real}/o")}
    async with opened(given, tmp_path_factory.mktemp("web")) as opened_door:
        await register(real, opened_door)
        yield opened_door


@pytest.fixture(scope="module")
async def lying() -> AsyncGenerator[Liar]:
    async with liar() as made:
        yield made


@pytest.fixture(scope="module")
async def lied_to(
    environ: Mapping[str, str], lying: Liar, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Door]:
    async with opened({**environ, **variables(lying.issuer)}, tmp_path_factory.mktemp("lied")) as opened_door:
        yield opened_door


@pytest.fixture
def honest(lying: Liar) -> Liar:
    """The liar before it lies."""
    lying.bend, lying.sign, lying.kid, lying.metadata, lying.answer = dict, None, "one", {}, None
    return lying


PROOF = {"password": PASSWORD}


def claims(**more: object) -> dict[str, Any]:
    name = uuid4().hex[:12]
    return {"name": name, "email": f"{name}@Example.com", "email_verified": True, **more}


async def entered(http: httpx.AsyncClient, real: str, who: Mapping[str, object]) -> httpx.Response:
    """Log in at the provider as somebody, then through it: netra's answer when the browser comes back."""
    (await http.post(f"{real}/test/enter", json=who)).raise_for_status()
    away = await http.get("/api/auth/oidc/login", params={"return_to": "/threads?x=1"})
    assert away.status_code == 303, away.text
    return await back(http, away.headers["Location"])


async def back(http: httpx.AsyncClient, location: str) -> httpx.Response:
    returned = await http.get(location)
    assert returned.status_code == 302, returned.text
    return await http.get(returned.headers["Location"])


async def test_a_person_logs_in_with_a_real_provider(door: Door, real: str) -> None:
    who = claims()
    async with browser(door) as http:
        answer = await entered(http, real, who)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/threads?x=1"), answer.text
        me = (await http.get("/api/auth/me")).json()
        assert me["email"] == str(who["email"]).lower()
        assert (me["display_name"], me["role"]) == (who["name"], "user")
        assert (await http.post("/api/threads")).status_code == 201
    async with browser(door) as elsewhere:
        assert (await entered(elsewhere, real, who)).status_code == 303
        assert (await elsewhere.get("/api/auth/me")).json()["user_id"] == me["user_id"]
    login = {"email": me["email"], "password": ""}
    for password in ("", PASSWORD):
        refused = await door.http.post("/api/auth/login", json=login | {"password": password})
        assert refused.status_code == 401, "an account without a password has none that fits"


async def test_the_provider_is_asked_with_state_nonce_and_pkce(door: Door, real: str) -> None:
    async with browser(door) as http:
        first, second = [(await http.get("/api/auth/oidc/login")).headers["Location"] for _ in range(2)]
        assert first.startswith(f"{real}/o/authorize/?")
        asks = [asked(first), asked(second)]
        assert asks[0]["code_challenge_method"] == "S256"
        assert asks[0]["redirect_uri"] == door.address + CALLBACK
        assert set(asks[0]["scope"].split()) == {"openid", "email", "profile"}
        for name in ("state", "nonce", "code_challenge"):
            assert len(asks[0][name]) >= 43
            assert asks[0][name] != asks[1][name]
        cookies = [value for name, value in http.cookies.items() if name.endswith("oidc")]
        assert all(secret not in cookies[0] for secret in (asks[1]["state"], asks[1]["nonce"]))


async def test_an_answer_counts_once_and_in_the_browser_that_asked(door: Door, real: str) -> None:
    async with browser(door) as http, browser(door) as other:
        (await http.post(f"{real}/test/enter", json=claims())).raise_for_status()
        away = await http.get("/api/auth/oidc/login")
        came = (await http.get(away.headers["Location"])).headers["Location"]
        assert (await other.get(came)).status_code == 401, "a link that somebody else was sent"
        await other.get("/api/auth/oidc/login")
        assert (await other.get(came)).status_code == 401, "nor with a log-in of one's own under way"
        assert (await http.get(came)).status_code == 303, "the control"
        assert (await http.get(came)).status_code == 401
    denied = await door.http.get("/api/auth/oidc/callback", params={"error": "access_denied", "state": "x"})
    assert denied.status_code == 401


async def test_a_code_that_the_provider_does_not_know_is_refused(door: Door) -> None:
    async with browser(door) as http:
        state = asked((await http.get("/api/auth/oidc/login")).headers["Location"])["state"]
        answer = await http.get(CALLBACK, params={"code": "made-up", "state": state})
        assert answer.status_code == 401
        assert "invalid_grant" in answer.json()["error"]["message"]


async def test_an_email_that_is_not_verified_opens_nothing(door: Door, real: str) -> None:
    for more in ({"email_verified": False}, {"email_verified": None}, {"email": None}, {"email": "no-at-sign"}):
        async with browser(door) as http:
            answer = await entered(http, real, claims(**more))
            assert answer.status_code == 403, (more, answer.text)
            assert (await http.get("/api/auth/me")).status_code == 401


async def test_an_email_never_opens_an_account_that_exists(door: Door, real: str) -> None:
    """Who registered an email with a password need not own it: see docs/decisions/0007-oidc-linking.md."""
    person = await door.person()
    async with browser(door) as http:
        answer = await entered(http, real, claims(email=person.email))
        assert answer.status_code == 409
        assert "link" in answer.json()["error"]["hint"]
        assert (await http.get("/api/auth/me")).status_code == 401


async def test_who_is_logged_in_links_the_provider(door: Door, real: str) -> None:
    person, who = await door.person(), claims()
    async with browser(door) as http:
        (await http.post(f"{real}/test/enter", json=who)).raise_for_status()
        asked_for = await http.post("/api/auth/oidc/link", headers=person.headers, json={**PROOF, "return_to": "/done"})
        assert asked_for.status_code == 200, asked_for.text
        answer = await back(http, asked_for.json()["location"])
        assert (answer.status_code, answer.headers["Location"]) == (303, "/done"), answer.text
    async with browser(door) as http:
        assert (await entered(http, real, who)).status_code == 303
        assert (await http.get("/api/auth/me")).json()["user_id"] == person.user_id
    other = await door.person()
    async with browser(door) as http:
        (await http.post(f"{real}/test/enter", json=who)).raise_for_status()
        asked_for = await http.post("/api/auth/oidc/link", headers=other.headers, json=PROOF)
        assert (await back(http, asked_for.json()["location"])).status_code == 409, "it opens one account"


async def test_a_link_needs_proof_and_can_be_taken_back(door: Door, real: str) -> None:
    """An access token that somebody else got hold of must not become a way in for good."""
    person, who = await door.person(), claims()
    for wrong, status in (({}, 403), ({"password": "a guess"}, 401)):
        refused = await door.http.post("/api/auth/oidc/link", headers=person.headers, json=wrong)
        assert refused.status_code == status, refused.text
    async with browser(door) as http:
        (await http.post(f"{real}/test/enter", json=who)).raise_for_status()
        asked_for = await http.post("/api/auth/oidc/link", headers=person.headers, json=PROOF)
        assert (await back(http, asked_for.json()["location"])).status_code == 303
    listed = (await door.http.get("/api/auth/oidc/identities", headers=person.headers)).json()["identities"]
    assert [identity["issuer"] for identity in listed] == [f"{real}/o"]
    path = f"/api/auth/oidc/identities/{listed[0]['id']}"
    stranger = await door.person()
    assert (await door.http.delete(path, headers=stranger.headers)).status_code == 404
    assert (await door.http.delete(path, headers=person.headers)).status_code == 204
    assert (await door.http.get("/api/auth/oidc/identities", headers=person.headers)).json() == {"identities": []}
    async with browser(door) as http:
        await entered(http, real, who)
        assert (await http.get("/api/auth/me")).json()["user_id"] != person.user_id, "it opens another account now"


async def test_the_only_way_in_is_not_taken_away(door: Door, real: str, database: Pool) -> None:
    who, second = claims(), claims()
    async with browser(door) as http:
        assert (await entered(http, real, who)).status_code == 303
        me = (await http.get("/api/auth/me")).json()
        path = "/api/auth/oidc/identities"
        first = (await http.get(path)).json()["identities"][0]["id"]
        assert (await http.delete(f"{path}/{first}")).status_code == 409
        await database.execute(
            "update sessions set opened_at = now() - interval '1 hour' where user_id = $1", me["user_id"]
        )
        assert (await http.post("/api/auth/oidc/link")).status_code == 403, "that log-in is too old to prove anything"
        assert (await entered(http, real, who)).status_code == 303
        (await http.post(f"{real}/test/enter", json=second)).raise_for_status()
        location = (await http.post("/api/auth/oidc/link")).json()["location"]
        assert (await back(http, location)).status_code == 303
        ids = [identity["id"] for identity in (await http.get(path)).json()["identities"]]
        assert ids[0] == first
        deletions = await asyncio.gather(*(http.delete(f"{path}/{i}") for i in ids))
        assert sorted(d.status_code for d in deletions) == [204, 409], "of two at once one stays"
    types = await database.fetch("select type from audit_events where user_id = $1 order by id", UUID(me["user_id"]))
    assert [row["type"] for row in types if "oidc" in row["type"]] == ["oidc_linked", "oidc_unlinked"]


async def test_a_link_needs_the_session_that_asked_for_it(door: Door, real: str) -> None:
    person, who = await door.person(), claims()
    async with browser(door) as http:
        (await http.post(f"{real}/test/enter", json=who)).raise_for_status()
        asked_for = await http.post("/api/auth/oidc/link", headers=person.headers, json=PROOF)
        location = asked_for.json()["location"]
        await door.http.post("/api/auth/logout-everywhere", headers=person.headers)
        assert (await back(http, location)).status_code == 401
    assert (await door.http.post("/api/auth/oidc/link")).status_code == 401


async def test_an_account_without_password_is_deleted_by_who_logged_in_just_now(
    door: Door, real: str, database: Pool
) -> None:
    who = claims()
    async with browser(door) as http:
        await entered(http, real, who)
        user_id = (await http.get("/api/auth/me")).json()["user_id"]
        await database.execute("update sessions set opened_at = now() - interval '1 hour' where user_id = $1", user_id)
        assert (await http.delete("/api/auth/me")).status_code == 403
        await entered(http, real, who)
        assert (await http.delete("/api/auth/me")).status_code == 204
    async with browser(door) as http:
        await entered(http, real, who)
        assert (await http.get("/api/auth/me")).json()["user_id"] != user_id, "another account, made anew"


@pytest.mark.parametrize(
    "return_to", ["https://evil.example", "//evil.example", "/\\evil.example", "", "x", "/a\nb", "/" + "x" * 600]
)
async def test_it_never_leads_to_another_site(door: Door, return_to: str) -> None:
    answer = await door.http.get("/api/auth/oidc/login", params={"return_to": return_to})
    assert answer.status_code == 422


async def told(door: Door, lying: Liar) -> httpx.Response:
    """The answer to a browser that comes back from the liar."""
    async with browser(door) as http:
        away = await http.get("/api/auth/oidc/login")
        assert away.status_code == 303, away.text
        asks = asked(away.headers["Location"])
        lying.nonce = asks["nonce"]
        return await http.get(CALLBACK, params={"code": "a code", "state": asks["state"]})


async def test_the_liar_is_believed_while_it_tells_the_truth(lied_to: Door, honest: Liar) -> None:
    """The control of every lie below; and its code is redeemed with the verifier of the challenge."""
    answer = await told(lied_to, honest)
    assert answer.status_code == 303, answer.text
    assert len(honest.asked[-1]["code_verifier"]) >= 43
    honest.bend = lambda c: c | {"aud": [c["aud"], "other"], "azp": c["aud"], "sub": uuid4().hex}
    assert (await told(lied_to, honest)).status_code == 303


def by_a_stranger(lying: Liar, claims: Claims) -> str:
    return jwt.encode(claims, rsa.generate_private_key(65537, 2048), "RS256", {"kid": lying.kid})


def hmac_with(secret: bytes) -> Callable[[Liar, Claims], str]:
    def sign(lying: Liar, claims: Claims) -> str:
        """By hand: libraries refuse to do this."""
        head = json.dumps({"alg": "HS256", "kid": lying.kid}).encode()
        parts = [base64.urlsafe_b64encode(p).rstrip(b"=") for p in (head, json.dumps(claims).encode())]
        mac = hmac.digest(secret or public_key(lying), b".".join(parts), hashlib.sha256)
        return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()

    return sign


def public_key(lying: Liar) -> bytes:
    return lying.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


LIES: dict[str, tuple[Callable[[Claims], Claims], str]] = {
    "no nonce": (lambda c: c | {"nonce": None}, "nonce"),
    "another nonce": (lambda c: c | {"nonce": "other"}, "nonce"),
    "another audience": (lambda c: c | {"aud": "other"}, "aud|azp"),
    "no audience": (lambda c: c | {"aud": None}, "aud"),
    "several audiences and no azp": (lambda c: c | {"aud": [c["aud"], "other"]}, "azp"),
    "another azp": (lambda c: c | {"azp": "other"}, "azp"),
    "another issuer": (lambda c: c | {"iss": "https://other.example"}, "iss"),
    "no issuer": (lambda c: c | {"iss": None}, "iss"),
    "expired": (lambda c: c | {"exp": c["iat"] - 600}, "expired"),
    "no expiry": (lambda c: c | {"exp": None}, "exp"),
    "not yet valid": (lambda c: c | {"nbf": c["iat"] + 600}, "nbf|not_yet|invalid"),
    "issued in the future": (lambda c: c | {"iat": c["iat"] + 600, "exp": c["exp"] + 6000}, "iat|invalid"),
    "no subject": (lambda c: c | {"sub": None}, "sub"),
    "an empty subject": (lambda c: c | {"sub": ""}, "sub|who it is"),
    "a subject that is no text": (lambda c: c | {"sub": {"a": 1}}, "sub|who it is"),
    "another access token's hash": (lambda c: c | {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "at_hash"),
}
FORGERIES: dict[str, Callable[[Liar, Claims], str]] = {
    "no algorithm": lambda lying, claims: jwt.encode(claims, "", "none", {"kid": lying.kid}),
    "hmac with the client secret": hmac_with(CLIENT_SECRET.encode()),
    "hmac with the public key": hmac_with(b""),
    "another key": by_a_stranger,
    "an unknown key id": lambda lying, claims: jwt.encode(claims, lying.key, "RS256", {"kid": "other"}),
    "cut short": lambda lying, claims: lying.signed(claims)[:-9],
    "no id_token": lambda _lying, _claims: "",
    "garbage": lambda _lying, _claims: "a.b.c",
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_in_the_claims_is_refused(lied_to: Door, honest: Liar, lie: str) -> None:
    honest.bend, about = LIES[lie]
    answer = await told(lied_to, honest)
    assert answer.status_code == 401, answer.text
    message = answer.json()["error"]["message"]
    assert any(word in message for word in about.split("|")), message


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_signature_that_is_not_the_providers_is_refused(lied_to: Door, honest: Liar, forgery: str) -> None:
    honest.sign = FORGERIES[forgery]
    answer = await told(lied_to, honest)
    assert answer.status_code == 401, answer.text
    assert "id_token" in answer.json()["error"]["message"]


async def test_an_answer_that_names_another_issuer_is_refused(lied_to: Door, honest: Liar) -> None:
    async with browser(lied_to) as http:
        asks = asked((await http.get("/api/auth/oidc/login")).headers["Location"])
        honest.nonce = asks["nonce"]
        query = {"code": "a code", "state": asks["state"], "iss": "https://other.example"}
        assert (await http.get(CALLBACK, params=query)).status_code == 401
        assert (await http.get(CALLBACK, params=query | {"iss": honest.issuer})).status_code == 303


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"code": "a code", "state": "another's"}, "lost"),
        ({"error": "access_denied"}, "denied"),
        ({"error": "server_error"}, "refused"),
        ({"error": "x" * 101}, "refused"),
        ({"code": "a code", "iss": "https://other.example"}, "refused"),
    ],
)
async def test_a_browser_is_sent_to_the_page_with_a_refusal(
    lied_to: Door, honest: Liar, query: dict[str, str], word: str
) -> None:
    del honest
    for headers in ({"Sec-Fetch-Mode": "navigate"}, {"Accept": "text/html,*/*;q=0.8"}):
        async with browser(lied_to) as http:
            away = await http.get("/api/auth/oidc/login", params={"return_to": "/#/t/1"})
            given = {"state": asked(away.headers["Location"])["state"]} | query
            answer = await http.get(CALLBACK, params=given, headers=headers)
            assert (answer.status_code, answer.headers["Location"]) == (303, f"/?login_failed={word}#/t/1")
            assert answer.headers["Cache-Control"] == "no-store"
            assert (await http.get("/api/auth/me")).status_code == 401
            shown = await http.get(CALLBACK, params=given, headers={"Sec-Fetch-Mode": "cors", "Accept": "text/html"})
            assert shown.status_code in {401, 422}, "a program's refusal"
            listed = await http.get("/api/auth/oidc/identities", headers=headers)
            assert listed.status_code == 401, "no address that people open"


async def test_a_new_key_of_the_provider_is_found(lied_to: Door, honest: Liar) -> None:
    assert (await told(lied_to, honest)).status_code == 303
    honest.key, honest.kid = rsa.generate_private_key(65537, 2048), "two"

    async def found() -> bool:
        return (await told(lied_to, honest)).status_code == 303

    await eventually(found, 10)


@pytest.mark.slow
async def test_a_provider_that_is_away_or_another_is_a_dependency_that_fails(
    environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with liar() as other:
        other.metadata = {"issuer": "https://other.example"}
        async with opened({**environ, **variables(other.issuer)}, tmp_path_factory.mktemp("away")) as plain:
            answer = await plain.http.get("/api/auth/oidc/login")
            assert (answer.status_code, answer.json()["error"]["where"]) == (503, "oidc")
            other.metadata = {"token_endpoint": "http://other.example/token"}
            await asyncio.sleep(1.1)  # a failure is remembered for a second
            assert (await plain.http.get("/api/auth/oidc/login")).status_code == 503, "overheard on the way"
            other.metadata = {"userinfo_endpoint": "http://other.example/userinfo"}
            await asyncio.sleep(1.1)
            assert (await plain.http.get("/api/auth/oidc/login")).status_code == 503, "and this one too"
            other.metadata = {}
            await asyncio.sleep(1.1)
            assert (await plain.http.get("/api/auth/oidc/login")).status_code == 303, "the control"


@pytest.mark.slow
async def test_nobody_queues_for_a_provider_that_is_silent(
    environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its documents are asked for once, and all who wait for them learn the same."""
    async with liar() as made, relayed(int(made.issuer.rpartition(":")[2])) as relay:
        made.issuer = f"http://127.0.0.1:{relay.port}"
        await relay.silence()
        async with opened({**environ, **variables(made.issuer)}, tmp_path_factory.mktemp("silent")) as plain:
            began = asyncio.get_running_loop().time()
            asks = (plain.http.get("/api/auth/oidc/login", timeout=60) for _ in range(8))
            assert {answer.status_code for answer in await asyncio.gather(*asks)} == {503}
            assert asyncio.get_running_loop().time() - began < 8 * 5 / 2, "one after the other it would be 40 s"
            await relay.restore()

            async def back_again() -> bool:
                return (await plain.http.get("/api/auth/oidc/login")).status_code == 303

            await eventually(back_again, 10)


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"null", b"42", b'"text"', b"\xff", b"{}"])
async def test_a_token_that_is_no_json_object_is_no_fault_of_ours(lied_to: Door, honest: Liar, answer: bytes) -> None:
    honest.answer = answer
    told_so = await told(lied_to, honest)
    assert told_so.status_code in ({401} if answer == b"{}" else {401, 503}), told_so.text


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"\xff"])
async def test_what_is_told_of_a_person_that_is_no_json_is_no_fault_of_ours(
    environ: Mapping[str, str], answer: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with liar() as made:
        made.metadata, made.userinfo = {"userinfo_endpoint": f"{made.issuer}/userinfo"}, answer
        made.bend = lambda claims: claims | {"email": None}
        async with opened({**environ, **variables(made.issuer)}, tmp_path_factory.mktemp("told")) as plain:
            assert (await told(plain, made)).status_code in {401, 503}
            assert not [x for x in plain.lines() if x["level"] == "error" and x["logger"].startswith("netra")]


async def test_nothing_of_it_is_in_the_log(lied_to: Door, honest: Liar, door: Door, real: str) -> None:
    honest.bend = lambda c: c | {"nonce": "other"}
    await told(lied_to, honest)
    async with browser(door) as http:
        await entered(http, real, claims())
        kept = list(http.cookies.values())
    log = lied_to.log.read_text() + door.log.read_text()
    assert "oidc_refused" in log
    for secret in (CLIENT_SECRET, honest.nonce, "an access token", "a code", *kept):
        assert secret not in log
    assert not [x for x in door.lines() + lied_to.lines() if x["level"] == "error" and x["logger"].startswith("netra")]
