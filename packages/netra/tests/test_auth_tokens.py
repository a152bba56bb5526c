"""Access tokens that are not exactly right are refused, at every door."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from netra_doors import Door
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from netra.auth.keys import SigningKey
from netra.auth.principal import Principal
from netra.auth.tokens import Tokens
from netra.errors import ConfigError, UnauthorizedError

Forged = dict[str, Any]


def claims(**changed: object) -> Forged:
    now = datetime.now(UTC)
    genuine = {
        "iss": "netra",
        "aud": "netra",
        "sub": str(uuid4()),
        "tid": str(uuid4()),
        "sid": str(uuid4()),
        "email": "eve@example.com",
        "role": "user",
        "plan": "free",
        "env": "test",
        "jti": str(uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + timedelta(minutes=15),
    }
    return {k: v for k, v in (genuine | changed).items() if v is not None}


def signed(environ: Mapping[str, str], forged: Forged, **header: object) -> str:
    key = SigningKey(SecretStr(environ["AUTH_SIGNING_KEY"]))
    return jwt.encode(forged, key.private, "EdDSA", {"kid": key.published.kid, **header})


def unsigned(environ: Mapping[str, str]) -> str:
    kid = SigningKey(SecretStr(environ["AUTH_SIGNING_KEY"])).published.kid
    return jwt.encode(claims(), "", "none", {"kid": kid})


def signed_by_stranger(environ: Mapping[str, str]) -> str:
    kid = SigningKey(SecretStr(environ["AUTH_SIGNING_KEY"])).published.kid
    return jwt.encode(claims(), Ed25519PrivateKey.generate(), "EdDSA", {"kid": kid})


def signed_with_public_key(environ: Mapping[str, str]) -> str:
    """The classic confusion: HMAC with the published key as its secret."""
    published = SigningKey(SecretStr(environ["AUTH_SIGNING_KEY"])).published
    secret = base64.urlsafe_b64decode(published.x + "=")
    return jwt.encode(claims(), secret, "HS256", {"kid": published.kid})


def tampered(environ: Mapping[str, str]) -> str:
    head, _, signature = signed(environ, claims()).split(".")
    body = json.dumps(claims(role="operator"), default=str).encode()
    return f"{head}.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.{signature}"


LONG_AGO = datetime.now(UTC) - timedelta(hours=1)
LATER = datetime.now(UTC) + timedelta(hours=1)


def refused(environ: Mapping[str, str]) -> dict[str, str]:
    """Every token that must be refused, by what is wrong with it."""
    return {
        "no algorithm": unsigned(environ),
        "another key": signed_by_stranger(environ),
        "hmac with the public key": signed_with_public_key(environ),
        "changed claims": tampered(environ),
        "unknown key id": signed(environ, claims(), kid="other"),
        "another audience": signed(environ, claims(aud="other")),
        "another issuer": signed(environ, claims(iss="other")),
        "another environment": signed(environ, claims(env="production")),
        "expired": signed(environ, claims(exp=LONG_AGO)),
        "not yet valid": signed(environ, claims(nbf=LATER)),
        "issued in the future": signed(environ, claims(iat=LATER)),
        "no expiry": signed(environ, claims(exp=None)),
        "no environment": signed(environ, claims(env=None)),
        "no user": signed(environ, claims(sub=None)),
        "a user that is no id": signed(environ, claims(sub="root")),
        "an unknown role": signed(environ, claims(role="god")),
        "garbage": "not.a.token",
    }


async def test_a_genuine_token_of_the_same_making_is_accepted(door: Door, environ: Mapping[str, str]) -> None:
    """The control: what the refused tokens change is all that is wrong with them."""
    person = await door.person()
    token = signed(environ, claims(sub=person.user_id))
    answer = await door.http.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    async with connect(door.socket_address, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        assert json.loads(await socket.recv())["user_id"] == person.user_id


async def test_every_other_token_is_refused_over_http(door: Door, environ: Mapping[str, str]) -> None:
    for wrong, token in refused(environ).items():
        answer = await door.http.get("/api/threads", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, wrong
        assert answer.json()["error"]["code"] == "unauthorized"
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert token not in answer.text


async def test_every_other_token_is_refused_before_the_socket_is_accepted(
    door: Door, environ: Mapping[str, str]
) -> None:
    for wrong, token in refused(environ).items():
        with pytest.raises(InvalidStatus) as caught:
            async with connect(door.socket_address, additional_headers={"Authorization": f"Bearer {token}"}):
                pass
        assert caught.value.response.status_code == 401, wrong


async def test_a_token_of_an_account_that_is_gone_opens_nothing(door: Door, environ: Mapping[str, str]) -> None:
    headers = {"Authorization": f"Bearer {signed(environ, claims())}"}
    assert (await door.http.get("/api/auth/me", headers=headers)).status_code == 401
    answer = await door.http.post("/api/threads", headers=headers)
    assert answer.status_code == 401, answer.text


@pytest.mark.parametrize("name", ["token", "access_token", "jwt"])
async def test_a_good_token_in_the_address_is_refused(door: Door, name: str) -> None:
    person = await door.person()
    query = {name: person.access_token}
    assert (await door.http.get("/api/auth/me", params=query)).status_code == 401
    assert (await door.http.get("/api/auth/me", params=query, headers=person.headers)).status_code == 401
    with pytest.raises(InvalidStatus) as caught:
        async with connect(f"{door.socket_address}?{name}={person.access_token}"):
            pass
    assert caught.value.response.status_code == 401
    assert person.access_token not in door.log.read_text()


async def test_the_published_keys_verify_an_access_token(door: Door) -> None:
    person = await door.person()
    published = (await door.http.get("/.well-known/jwks.json")).json()
    assert {k["alg"] for k in published["keys"]} == {"EdDSA"}
    assert all("d" not in k for k in published["keys"]), "the private half is not published"
    kid = jwt.get_unverified_header(person.access_token)["kid"]
    key = next(k for k in jwt.PyJWKSet.from_dict(published).keys if k.key_id == kid)
    verified = jwt.decode(person.access_token, key, ["EdDSA"], audience="netra", issuer="netra")
    assert verified["sub"] == person.user_id
    assert verified["exp"] - verified["iat"] == 900


def test_a_token_of_one_environment_is_refused_in_another() -> None:
    key = SigningKey(SecretStr("A" * 43))
    principal = Principal(user_id=uuid4(), tenant_id=uuid4(), email="a@example.com")
    token = Tokens(key, "staging").issue(principal, uuid4())
    assert Tokens(key, "staging").verify(token).principal == principal
    with pytest.raises(UnauthorizedError, match="another environment"):
        Tokens(key, "production").verify(token)


def test_a_signing_key_that_is_not_32_bytes_is_named_but_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        SigningKey(SecretStr("too-short-to-sign"))
    assert caught.value.where == "AUTH_SIGNING_KEY"
    assert "too-short" not in str(caught.value)
