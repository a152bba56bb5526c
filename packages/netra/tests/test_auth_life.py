"""Register, log in, refresh, log out: through the real door."""

import asyncio
import time

from netra_doors import PASSWORD, Door, is_uuid


async def test_registration_opens_a_session(door: Door) -> None:
    answer = await door.http.post(
        "/api/auth/register", json={"email": "Ada@Example.com", "password": PASSWORD, "display_name": "Ada"}
    )
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    pair = answer.json()
    assert pair["token_type"] == "bearer"
    assert pair["expires_in"] == 900
    me = (await door.http.get("/api/auth/me", headers={"Authorization": f"Bearer {pair['access_token']}"})).json()
    assert me["email"] == "ada@example.com"
    assert me["display_name"] == "Ada"
    assert (me["role"], me["plan"]) == ("user", "free")
    assert is_uuid(me["tenant_id"])


async def test_an_email_has_one_account_and_each_person_a_tenant(door: Door) -> None:
    first, second = await door.person(), await door.person()
    taken = await door.http.post("/api/auth/register", json={"email": first.email.upper(), "password": PASSWORD})
    assert taken.status_code == 409
    assert taken.json()["error"]["code"] == "conflict"
    tenants = {(await door.http.get("/api/auth/me", headers=p.headers)).json()["tenant_id"] for p in (first, second)}
    assert len(tenants) == 2


async def test_people_who_register_at_once_with_one_email_get_one_account(door: Door) -> None:
    body = {"email": "race@example.com", "password": PASSWORD}
    answers = await asyncio.gather(*(door.http.post("/api/auth/register", json=body) for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]


async def test_login_needs_the_right_password(door: Door) -> None:
    person = await door.person()
    good = await door.http.post("/api/auth/login", json={"email": person.email, "password": PASSWORD})
    assert good.status_code == 200
    bad = await door.http.post("/api/auth/login", json={"email": person.email, "password": "not this one"})
    absent = await door.http.post("/api/auth/login", json={"email": "nobody@example.com", "password": PASSWORD})
    assert (bad.status_code, absent.status_code) == (401, 401)
    assert bad.headers["WWW-Authenticate"] == "Bearer"
    without_id = [{**a.json()["error"], "request_id": ""} for a in (bad, absent)]
    assert without_id[0] == without_id[1], "an unknown email must look like a wrong password"


async def test_bad_bodies_name_the_field_and_never_repeat_the_value(door: Door) -> None:
    secret = "pw-7"
    answer = await door.http.post("/api/auth/register", json={"email": "x@example.com", "password": secret})
    assert answer.status_code == 422
    assert answer.json()["error"]["where"] == "body.password"
    assert secret not in answer.text
    for body in ({"email": "no-at-sign", "password": PASSWORD}, {"email": "x@y.z", "password": PASSWORD, "role": "a"}):
        assert (await door.http.post("/api/auth/register", json=body)).status_code == 422
    nul = {"email": "n@example.com", "password": PASSWORD, "display_name": "a\x00b"}
    assert (await door.http.post("/api/auth/register", json=nul)).json()["error"]["where"] == "body.display_name"


async def test_a_refresh_token_works_once(door: Door) -> None:
    person = await door.person()
    next_pair = await _refresh(door, person.refresh_token)
    assert next_pair["refresh_token"] != person.refresh_token
    again = await _refresh(door, next_pair["refresh_token"])
    assert (await door.known(person.email, again)).user_id == person.user_id


async def test_a_second_use_ends_the_whole_session(door: Door) -> None:
    person = await door.person()
    other = await _login(door, person.email)
    newest = await _refresh(door, person.refresh_token)
    reused = await door.http.post("/api/auth/refresh", json={"refresh_token": person.refresh_token})
    assert reused.status_code == 401
    assert "reused" in reused.json()["error"]["message"]
    after = await door.http.post("/api/auth/refresh", json={"refresh_token": newest["refresh_token"]})
    assert after.status_code == 401
    assert "revoked" in after.json()["error"]["message"]
    assert await _refresh(door, other["refresh_token"]), "the person's other session goes on"
    told = [line for line in door.lines() if "reused" in line["event"] and line["user_id"] == person.user_id]
    assert told[0]["level"] == "warning"


async def test_of_two_simultaneous_refreshes_at_most_one_succeeds(door: Door) -> None:
    person = await door.person()
    body = {"refresh_token": person.refresh_token}
    answers = await asyncio.gather(*(door.http.post("/api/auth/refresh", json=body) for _ in range(5)))
    assert sorted(a.status_code for a in answers) == [200, 401, 401, 401, 401]


async def test_logout_ends_the_session_by_either_token(door: Door) -> None:
    by_refresh, by_access = await door.person(), await door.person()
    body = {"refresh_token": by_refresh.refresh_token}
    assert (await door.http.post("/api/auth/logout", json=body)).status_code == 204
    assert (await door.http.post("/api/auth/logout", headers=by_access.headers)).status_code == 204
    for person in (by_refresh, by_access):
        refused = await door.http.post("/api/auth/refresh", json={"refresh_token": person.refresh_token})
        assert refused.status_code == 401
    assert (await door.http.post("/api/auth/logout")).status_code == 401


async def test_failed_logins_of_one_account_are_limited(door: Door) -> None:
    person = await door.person()
    wrong = {"email": person.email, "password": "guess"}
    statuses = [(await door.http.post("/api/auth/login", json=wrong)).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    right = await door.http.post("/api/auth/login", json={"email": person.email, "password": PASSWORD})
    assert right.status_code == 429, "the limit also hides whether the next guess is right"
    assert 0 < int(right.headers["Retry-After"]) <= 300
    assert (await door.http.post("/api/auth/login", json=wrong)).json()["error"]["code"] == "rate_limited"
    other = await door.person()
    assert await _login(door, other.email), "others may log in"


async def test_successful_logins_do_not_count(door: Door) -> None:
    person = await door.person()
    for _ in range(12):
        assert await _login(door, person.email)


async def test_a_person_is_called_as_they_say(door: Door) -> None:
    person = await door.person()
    renamed = await door.http.patch("/api/auth/me", headers=person.headers, json={"display_name": "Ada L."})
    assert (renamed.status_code, renamed.json()["display_name"], renamed.json()["has_password"]) == (
        200,
        "Ada L.",
        True,
    )
    assert (await door.http.get("/api/auth/me", headers=person.headers)).json() == renamed.json()
    for body in ({"display_name": "a\x00b"}, {"display_name": "x" * 201}, {"role": "operator"}, {}):
        assert (await door.http.patch("/api/auth/me", headers=person.headers, json=body)).status_code == 422


async def test_a_person_sees_open_sessions_and_ends_one(door: Door) -> None:
    person, other = await door.person(), await door.person()
    second = await door.known(person.email, await _login(door, person.email))
    page = {"email": person.email, "password": PASSWORD}
    assert (await door.http.post("/api/auth/cookie", json=page)).status_code == 204
    door.http.cookies.clear()
    listed = (await door.http.get("/api/auth/sessions", headers=person.headers)).json()["sessions"]
    assert [(s["kind"], s["current"]) for s in listed] == [("cookie", False), ("tokens", False), ("tokens", True)]
    path = f"/api/auth/sessions/{listed[1]['session_id']}"
    assert (await door.http.delete(path, headers=other.headers)).status_code == 404
    assert (await door.http.get("/api/auth/me", headers=second.headers)).status_code == 200
    assert (await door.http.delete(path, headers=person.headers)).status_code == 204
    assert (await door.http.get("/api/auth/me", headers=second.headers)).status_code == 401
    body = {"refresh_token": second.refresh_token}
    assert (await door.http.post("/api/auth/refresh", json=body)).status_code == 401
    assert (await door.http.delete(path, headers=person.headers)).status_code == 404
    assert len((await door.http.get("/api/auth/sessions", headers=person.headers)).json()["sessions"]) == 2


async def test_hashing_does_not_hold_up_other_requests(door: Door) -> None:
    person = await door.person()
    login = {"email": person.email, "password": PASSWORD}
    logins = [asyncio.create_task(door.http.post("/api/auth/login", json=login)) for _ in range(8)]
    answered = 0
    began = time.monotonic()
    while not all(task.done() for task in logins):
        assert (await door.http.get("/health/live")).status_code == 200
        answered += 1
    assert {(await task).status_code for task in logins} == {200}
    # One request at a time would answer about once a hash; beside the hashes it answers many times.
    assert answered > 8, f"{answered} answers in {time.monotonic() - began:.2f} s"


async def _login(door: Door, email: str) -> dict[str, str]:
    answer = await door.http.post("/api/auth/login", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _refresh(door: Door, refresh_token: str) -> dict[str, str]:
    answer = await door.http.post("/api/auth/refresh", json={"refresh_token": refresh_token})
    assert answer.status_code == 200, answer.text
    return answer.json()
