"""Access tokens that are not exactly right are refused, at every door."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from websockets.typing import Subprotocol

from netra.auth.keys import KeyRing, SigningKey
from netra.auth.principal import Principal
from netra.auth.tokens import Tokens
from netra.errors import ConfigError, UnauthorizedError

LONG_AGO = datetime.now(UTC) - timedelta(hours=1)
LATER = datetime.now(UTC) + timedelta(hours=1)


@dataclass(frozen=True)
class Forger:
    """Somebody who has a genuine token and even the signing key: what it changes is all that is wrong."""

    genuine: Mapping[str, Any]
    key: SigningKey

    def claims(self, **changed: object) -> dict[str, Any]:
        return {k: v for k, v in {**self.genuine, **changed}.items() if v is not None}

    def signed(self, header: Mapping[str, object] | None = None, **changed: object) -> str:
        return jwt.encode(
            self.claims(**changed), self.key.private, "EdDSA", {"kid": self.key.published.kid, **(header or {})}
        )

    def unsigned(self) -> str:
        return jwt.encode(self.claims(), "", "none", {"kid": self.key.published.kid})

    def by_a_stranger(self) -> str:
        return jwt.encode(self.claims(), Ed25519PrivateKey.generate(), "EdDSA", {"kid": self.key.published.kid})

    def hmac_with_the_public_key(self) -> str:
        """The classic confusion: HMAC with the published key as its secret."""
        secret = base64.urlsafe_b64decode(self.key.published.x + "=")
        return jwt.encode(self.claims(), secret, "HS256", {"kid": self.key.published.kid})

    def with_its_own_key_inside(self) -> str:
        stranger = SigningKey(SecretStr("B" * 43))
        header = {"kid": self.key.published.kid, "jwk": stranger.published.model_dump()}
        return jwt.encode(self.claims(), stranger.private, "EdDSA", header)

    def tampered(self) -> str:
        head, _, signature = self.signed().split(".")
        body = json.dumps(self.claims(role="operator")).encode()
        return f"{head}.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.{signature}"


REFUSED: dict[str, tuple[Callable[[Forger], str], str]] = {
    "no algorithm": (lambda f: f.unsigned(), "not genuine"),
    "another key": (lambda f: f.by_a_stranger(), "not genuine"),
    "unknown key id": (lambda f: f.signed({"kid": "other"}), "unknown key"),
    "no key id": (lambda f: jwt.encode(f.claims(), f.key.private, "EdDSA"), "unknown key"),
    "hmac with the public key": (lambda f: f.hmac_with_the_public_key(), "not genuine"),
    "a key of its own in the header": (lambda f: f.with_its_own_key_inside(), "not genuine"),
    "changed claims": (lambda f: f.tampered(), "not genuine"),
    "cut short": (lambda f: f.signed()[:-10], "not genuine"),
    "without its signature": (lambda f: f.signed().rpartition(".")[0] + ".", "not genuine"),
    "another audience": (lambda f: f.signed(aud="other"), "another audience"),
    "another issuer": (lambda f: f.signed(iss="other"), "another issuer"),
    "another environment": (lambda f: f.signed(env="production"), "another environment"),
    "expired": (lambda f: f.signed(exp=LONG_AGO), "has expired"),
    "not yet valid": (lambda f: f.signed(nbf=LATER), "not valid yet"),
    "issued in the future": (lambda f: f.signed(iat=LATER), "not valid yet"),
    "no expiry": (lambda f: f.signed(exp=None), "lacks the claim exp"),
    "no environment": (lambda f: f.signed(env=None), "lacks the claim env"),
    "no session": (lambda f: f.signed(sid=None), "lacks the claim sid"),
    "no user": (lambda f: f.signed(sub=None), "lacks the claim sub"),
    "a user that is no id": (lambda f: f.signed(sub="root"), "malformed"),
    "an unknown role": (lambda f: f.signed(role="god"), "malformed"),
    "a session that never was": (lambda f: f.signed(sid=str(uuid4())), "session has ended"),
    "somebody else's session": (lambda f: f.signed(sub=str(uuid4())), "somebody else's"),
    "garbage": (lambda _: "not.a.token", "not genuine"),
}


@pytest.fixture(scope="module")
async def forger(door: Door, environ: Mapping[str, str]) -> Forger:
    key = SigningKey(SecretStr(environ["AUTH_SIGNING_KEY"]))
    person = await door.person()
    return Forger(jwt.decode(person.access_token, key.public, ["EdDSA"], audience="netra"), key)


async def test_a_genuine_token_of_the_same_making_is_accepted(door: Door, forger: Forger) -> None:
    """The control: what the refused tokens change is all that is wrong with them."""
    headers = {"Authorization": f"Bearer {forger.signed()}"}
    assert (await door.http.get("/api/auth/me", headers=headers)).status_code == 200
    async with connect(door.socket_address, additional_headers=headers) as socket:
        assert json.loads(await socket.recv())["user_id"] == forger.genuine["sub"]


@pytest.mark.parametrize("wrong", REFUSED)
async def test_every_other_token_is_refused_at_both_doors(door: Door, forger: Forger, wrong: str) -> None:
    made, reason = REFUSED[wrong]
    token = made(forger)
    headers = {"Authorization": f"Bearer {token}"}
    answer = await door.http.get("/api/threads", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"
    assert re.search(reason, answer.json()["error"]["message"]), answer.text
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert token not in answer.text
    for sent in ({"additional_headers": headers}, {"subprotocols": [Subprotocol("bearer"), Subprotocol(token)]}):
        with pytest.raises(InvalidStatus) as caught:
            async with connect(door.socket_address, **sent):  # type: ignore[arg-type]
                pass
        assert caught.value.response.status_code == 401


async def test_a_role_that_only_the_token_claims_gives_nothing(door: Door, forger: Forger) -> None:
    headers = {"Authorization": f"Bearer {forger.signed(role='operator')}"}
    assert (await door.http.get("/api/auth/me", headers=headers)).json()["role"] == "user"
    assert (await door.http.get("/api/operator/audit", headers=headers)).status_code == 403


@pytest.mark.parametrize("name", ["token", "access_token", "jwt", "api_key"])
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
    keys = KeyRing(SigningKey(SecretStr("A" * 43)))
    principal = Principal(user_id=uuid4(), tenant_id=uuid4(), email="a@example.com")
    token = Tokens(keys, "staging").issue(principal, uuid4())
    assert Tokens(keys, "staging").verify(token).principal == principal
    with pytest.raises(UnauthorizedError, match="another environment"):
        Tokens(keys, "production").verify(token)


def test_a_signing_key_that_is_not_32_bytes_is_named_but_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        SigningKey(SecretStr("too-short-to-sign"))
    assert caught.value.where == "AUTH_SIGNING_KEY"
    assert "too-short" not in str(caught.value)
