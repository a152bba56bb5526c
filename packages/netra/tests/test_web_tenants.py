"""Nobody reaches what is somebody else's: every operation and every frame that takes an id, found in the documents.

What to call is read from the OpenAPI document and the union of client frames. An id of a kind that is not known here
fails the test: whoever adds one says how its owner comes by it.
"""

import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from netra_doors import Door, Person, said_and_heard

from netra.analytics import schema as warehouse
from netra.settings.contract import load
from netra.stores import clickhouse
from netra.stores.database import Pool
from netra.web.frames import CLIENT_FRAMES

SECRET = "a-private-matter"
REFUSED = {403, 404}
Schema = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Somebody who owns one of everything."""

    person: Person
    ids: Mapping[str, str]
    reads: tuple[str, ...] = field(
        default=(
            "/api/auth/me",
            "/api/auth/keys",
            "/api/auth/oidc/identities",
            "/api/threads/{thread_id}",
            "/api/threads/{thread_id}/messages",
            "/api/runs/{run_id}",
            "/api/runs/{run_id}/events?stream=false",
            "/api/imports/{import_id}",
            "/api/mcp-servers",
            "/api/auth/sessions",
        )
    )

    async def everything(self, door: Door) -> list[Any]:
        """What the owner sees, to compare."""
        answers = [await door.http.get(p.format(**self.ids), headers=self.person.headers) for p in self.reads]
        assert [a.status_code for a in answers] == [200] * len(answers)
        return [a.json() for a in answers]


LINKED = "insert into oidc_identities (issuer, subject, user_id) values ('https://id.example.com', $1, $2) returning id"
BROUGHT = "insert into mcp_servers (tenant_id, name, url) values ($1, 'private', 'https://$2.example.com') returning id"
IMPORTED = (
    "insert into imports (id, tenant_id, user_id, filename, state, ended_at) "
    "values (gen_random_uuid(), $1, $2, $3, 'done', now()) returning id"
)


@pytest.fixture(scope="module")
async def owner(door: Door, database: Pool, environ: Mapping[str, str]) -> Owner:
    client = await clickhouse.open_client(load(environ).clickhouse)
    await warehouse.ensure(client)
    await client.close()
    person = await door.person()
    user = UUID(person.user_id)
    tenant = await database.fetchval("select tenant_id from users where id = $1", user)
    asked = await door.post(person, SECRET)
    body = {"name": SECRET, "scopes": ["runs:read"]}
    key = (await door.http.post("/api/auth/keys", headers=person.headers, json=body)).json()
    opened = (await door.http.get("/api/auth/sessions", headers=person.headers)).json()["sessions"]
    ids = {name: asked[name] for name in ("thread_id", "message_id", "run_id")}
    own = {
        "user_id": person.user_id,
        "key_id": key["id"],
        "identity_id": str(await database.fetchval(LINKED, SECRET, user)),
        "session_id": opened[0]["session_id"],
        "server_id": str(await database.fetchval(BROUGHT.replace("$2", SECRET), tenant)),
        "import_id": str(await database.fetchval(IMPORTED, tenant, user, SECRET)),
    }
    return Owner(person=person, ids={**ids, **own})


@pytest.fixture
async def unchanged(door: Door, owner: Owner) -> AsyncGenerator[None]:
    """Whatever others try, the owner's things stay as they are."""
    before = await owner.everything(door)
    yield
    assert await owner.everything(door) == before


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    described: Schema
    document: Schema

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def parameters(self, place: str) -> dict[str, Schema]:
        return {p["name"]: p["schema"] for p in self.described.get("parameters", ()) if p["in"] == place}

    def body(self) -> Schema | None:
        content = self.described.get("requestBody", {}).get("content", {})
        return content["application/json"]["schema"] if "application/json" in content else None

    def at(self, ids: Mapping[str, str]) -> str:
        """Its path with these ids; what is no id of ours, such as the name of a call, is any word."""
        return self.path.format_map(defaultdict(lambda: "x", ids))

    def ids(self) -> set[str]:
        """The names of everything that takes an id."""
        body = resolved(self.body() or {}, self.document).get("properties", {})
        named = {**self.parameters("path"), **self.parameters("query"), **body}
        return {name for name, schema in named.items() if takes_id(schema, self.document)}


def operations(document: Schema) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            yield Operation(method=method.upper(), path=path, described=described, document=document)


def resolved(schema: Schema, document: Schema) -> Schema:
    """The schema that a reference, or the first of several, means."""
    if "anyOf" in schema:
        return resolved(schema["anyOf"][0], document)
    if "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return resolved(found, document)
    return schema


def takes_id(schema: Schema, document: Schema) -> bool:
    return resolved(schema, document).get("format") == "uuid"


def sample(schema: Schema, document: Schema, ids: Mapping[str, str], name: str = "") -> Any:
    """The least that fits, with the owner's ids wherever an id fits."""
    schema = resolved(schema, document)
    match schema:
        case {"format": "uuid"}:
            return ids[name]
        case {"const": value} | {"default": value} | {"enum": [value, *_]} | {"examples": [value, *_]}:
            return value
        case {"type": "object"}:
            wanted = schema.get("required", ())
            return {
                key: sample(value, document, ids, key)
                for key, value in schema.get("properties", {}).items()
                if key in wanted or takes_id(value, document)
            }
        case {"type": "boolean"}:
            return True
        case {"type": "number" | "integer"}:
            return 1
        case {"type": "array"}:
            return [sample(schema["items"], document, ids, name)]
        case {"type": "string"} if name == "call_id":
            return "data-1"
        case {"type": "string"}:
            return "someone@example.com" if "pattern" in schema else "x" * max(1, schema.get("minLength", 1))
        case _:
            pytest.fail(f"no sample of {name}: {schema}")


async def live(door: Door) -> list[Operation]:
    return list(operations((await door.http.get("/api/openapi.json")).json()))


@pytest.mark.usefixtures("unchanged")
async def test_no_operation_lets_a_stranger_at_somebody_elses_things(door: Door, owner: Owner) -> None:
    stranger = await door.person()
    taking = [operation for operation in await live(door) if operation.ids()]
    assert len(taking) > 9, "the control: there is something to try"
    for operation in taking:
        assert operation.ids() <= set(owner.ids), f"{operation.name}: say in `owner` whose {operation.ids()} it is"
        for ids in (owner.ids, {name: str(uuid4()) for name in owner.ids}):
            body = operation.body()
            answer = await door.http.request(
                operation.method,
                operation.at(ids),
                params={name: ids[name] for name in operation.parameters("query") if name in operation.ids()},
                json=sample(body, operation.document, ids) if body else None,
                headers=stranger.headers,
            )
            assert answer.status_code in REFUSED, f"{operation.name}: {answer.status_code} {answer.text}"
            assert SECRET not in answer.text
            assert owner.person.email not in answer.text
            error = answer.json()["error"]
            assert error["code"] in {"not_found", "forbidden"}, f"{operation.name}: a stranger learns what exists"


async def test_lists_hold_what_is_the_callers_only(door: Door, owner: Owner) -> None:
    stranger = await door.person()
    tried = 0
    for operation in await live(door):
        if operation.method == "GET" and operation.described.get("security") and not operation.parameters("path"):
            answer = await door.http.get(operation.path, headers=stranger.headers)
            assert answer.status_code in {200, 403}, operation.name
            held = [name for name, value in owner.ids.items() if value in answer.text]
            assert (held, SECRET in answer.text) == ([], False), operation.name
            tried += 1
    assert tried > 3


@pytest.mark.usefixtures("unchanged")
async def test_what_needs_a_token_is_refused_without_one(door: Door, owner: Owner) -> None:
    open_to_all = {operation.name for operation in await live(door) if not operation.described.get("security")}
    assert open_to_all == {
        "POST /api/auth/register",
        "POST /api/auth/login",
        "POST /api/auth/cookie",
        "POST /api/auth/refresh",
        "GET /api/auth/oidc/login",
        "GET /api/auth/oidc/callback",
        "GET /.well-known/jwks.json",
        "GET /health/live",
        "GET /health/ready",
        "GET /api/health",
        "GET /api/version",
    }, "whoever opens a door to everybody says so here"
    for operation in await live(door):
        if operation.name in open_to_all:
            continue
        body = operation.body()
        path = operation.at(owner.ids)
        given = sample(body, operation.document, owner.ids) if body else None
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {owner.person.access_token}"}):
            answer = await door.http.request(operation.method, path, json=given, headers=headers)
            assert answer.status_code == 401, f"{operation.name} {headers}: {answer.status_code}"
            assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.usefixtures("unchanged")
async def test_no_frame_lets_a_stranger_at_somebody_elses_things(door: Door, owner: Owner) -> None:
    stranger = await door.person()
    document = CLIENT_FRAMES.json_schema()
    taking = 0
    async with door.socket(stranger) as socket:
        for reference in document["discriminator"]["mapping"].values():
            schema = resolved({"$ref": reference}, document)
            fields = {name for name, value in schema["properties"].items() if takes_id(value, document)}
            if not fields:
                continue
            taking += 1
            assert fields <= set(owner.ids), f"{reference}: say in `owner` whose {fields} it is"
            for ids in (owner.ids, {name: str(uuid4()) for name in owner.ids}):
                frame = {**sample(schema, document, ids), "type": schema["properties"]["type"]["const"]}
                answer = await said_and_heard(socket, **frame)
                assert (answer["type"], answer["code"]) == ("error", "not_found"), frame
                assert SECRET not in json.dumps(answer)
        assert (await said_and_heard(socket, type="ping"))["type"] == "pong", "nothing else came"
    assert taking == 4
