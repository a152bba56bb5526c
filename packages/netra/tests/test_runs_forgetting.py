"""What is forgotten with time, and what is not yet."""

from uuid import UUID, uuid4

from netra_doors import PASSWORD, Door

from netra.runs.forgetting import Forgetter
from netra.settings.model import Settings
from netra.stores import valkey
from netra.stores.database import Pool

COUNTS = (
    "select (select count(*) from refresh_tokens) as tokens, (select count(*) from sessions) as sessions,"
    " (select count(*) from api_keys) as keys, (select count(*) from audit_events where address = 'old') as events"
)


async def test_what_is_old_goes_and_what_is_not_stays(door: Door, database: Pool, settings: Settings) -> None:
    stays, gone = await door.person(), await door.person()
    wish = {"name": "x", "scopes": ["runs:read"]}
    for person in (stays, gone):
        key = (await door.http.post("/api/auth/keys", headers=person.headers, json=wish)).json()
        await door.http.delete(f"/api/auth/keys/{key['id']}", headers=person.headers)
    deletion = {"password": PASSWORD}
    answer = await door.http.request("DELETE", "/api/auth/me", headers=gone.headers, json=deletion)
    assert answer.status_code == 204
    client = valkey.open_client(settings.redis)
    answers = {name: f"llm:answer:{name}:{uuid4().hex}" for name in (gone.user_id, stays.user_id)}
    for key in answers.values():
        await client.set(key, "an answer", ex=60)
    forgetter = Forgetter(database, client)
    await forgetter.forget()
    assert await client.exists(*answers.values()) == 2, "a run may go on for a moment"
    left = await database.fetchrow(COUNTS)
    assert left is not None
    assert (left["tokens"], left["sessions"], left["keys"]) == (1, 2, 2)
    await database.execute(
        "insert into audit_events (type, address, at) values ('logged_in', 'old', now() - interval '3 years'),"
        " ('logged_in', 'old', now() - interval '1 year')"
    )
    await database.execute("update departures set asked_at = now() - interval '1 hour'")
    await database.execute("update api_keys set revoked_at = now() - interval '31 days' where user_id is null")
    await database.execute("update sessions set ended_at = now() - interval '31 days' where user_id is null")
    await forgetter.forget()
    left = await database.fetchrow(COUNTS)
    assert left is not None
    assert tuple(value for _, value in left.items()) == (1, 1, 1, 1)
    assert [await client.exists(answers[name]) for name in (gone.user_id, stays.user_id)] == [0, 1]
    assert await database.fetchval("select count(*) from departures") == 0
    await database.execute(
        "update refresh_tokens set expires_at = now() - interval '31 days' where user_id = $1", UUID(stays.user_id)
    )
    await database.execute("update sessions set opened_at = now() - interval '40 days'")
    for _ in range(2):
        await forgetter.forget()
    left = await database.fetchrow(COUNTS)
    assert left is not None
    assert (left["tokens"], left["sessions"]) == (0, 0), "a session goes after its tokens"
    await client.aclose()
