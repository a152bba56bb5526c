"""A new signing key while tokens of the old one live: published together, accepted together, until the old one goes."""

import secrets
from collections.abc import Mapping

import jwt
import pytest
from netra_doors import Door, Person, heard, opened
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from netra.settings.contract import check


async def accepts(door: Door, person: Person) -> bool:
    """Both doors must agree."""
    status = (await door.http.get("/api/auth/me", headers=person.headers)).status_code
    try:
        async with connect(door.socket_address, additional_headers=person.headers) as socket:
            opened_socket = (await heard(socket))["user_id"] == person.user_id
    except InvalidStatus:
        opened_socket = False
    assert opened_socket == (status == 200)
    return opened_socket


async def published(door: Door) -> list[str]:
    return [key["kid"] for key in (await door.http.get("/.well-known/jwks.json")).json()["keys"]]


@pytest.mark.slow
async def test_tokens_outlive_the_key_that_signed_them_for_as_long_as_it_is_listed(
    environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, old_seed, new_seed = tmp_path_factory.mktemp("keys"), environ["AUTH_SIGNING_KEY"], secrets.token_urlsafe(32)
    prepared = {**environ, "AUTH_PREVIOUS_KEYS": new_seed}
    changed = {**environ, "AUTH_SIGNING_KEY": new_seed, "AUTH_PREVIOUS_KEYS": old_seed}
    done = {**environ, "AUTH_SIGNING_KEY": new_seed}
    async with opened(environ, folder) as old, opened(prepared, folder) as both, opened(changed, folder) as new:
        before, after = await old.person(), await new.person()
        assert await published(both) == [*await published(old), (await published(new))[0]]
        assert sorted(await published(new)) == sorted(await published(both))
        assert jwt.get_unverified_header(after.access_token)["kid"] == (await published(new))[0]
        assert [await accepts(door, before) for door in (old, both, new)] == [True, True, True]
        assert [await accepts(door, after) for door in (old, both, new)] == [False, True, True]
        pair = await new.http.post("/api/auth/refresh", json={"refresh_token": before.refresh_token})
        assert pair.status_code == 200, "sessions do not depend on keys"
        renewed = await new.known(before.email, pair.json())
    async with opened(done, folder) as new:
        assert len(await published(new)) == 1
        assert [await accepts(new, person) for person in (before, renewed, after)] == [False, True, True]


def test_each_listed_key_is_checked_and_none_is_shown(environ: Mapping[str, str]) -> None:
    good, short = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    assert check({**environ, "AUTH_PREVIOUS_KEYS": f"{good},{good}"}) == ()
    found = check({**environ, "AUTH_PREVIOUS_KEYS": f"{good},{short}"})
    assert [(v.variable, v.rule) for v in found] == [("AUTH_PREVIOUS_KEYS", "format")]
    assert good not in found[0].message
    assert short not in found[0].message
