"""Servers that tenants bring: where they may be, what of them is kept, and what their tools may do."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from ipaddress import ip_address
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netra_mcp import served
from netra_usage import Usage, opened
from pydantic import JsonValue, SecretStr

from netra.auth.keys import KeyRing, SigningKey
from netra.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, ToolError
from netra.runs.resealing import reseal
from netra.settings.model import Settings
from netra.tools.mcp import servers
from netra.tools.mcp.addresses import Rules, public
from netra.tools.mcp.servers import Manager
from netra.tools.mcp.session import MOST_TEXT, Outcome, Way, listed
from netra.tools.mcp.tokens import Tokens
from netra.tools.mcp.toolbox import McpToolbox, arguments_of
from netra.tools.registry import Tools, parse_arguments

NOWHERE = Rules()


def ring(*previous: SigningKey) -> tuple[SigningKey, KeyRing]:
    key = SigningKey(SecretStr(secrets.token_urlsafe(32)))
    return key, KeyRing(key, previous)


KEY, KEYS = ring()
TOKENS = Tokens(KEYS)


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


@pytest.fixture(scope="module")
async def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mcp") / "sent.txt"


@pytest.fixture(scope="module")
async def origin(sent: Path) -> AsyncGenerator[str]:
    async with served(sent) as origin:
        yield origin


@pytest.fixture
async def who(usage: Usage) -> Manager:
    tenant_id = await usage.tenant()
    return Manager(tenant_id=tenant_id, user_id=await person(usage, tenant_id), operator=False)


async def person(usage: Usage, tenant_id: UUID) -> UUID:
    user_id = uuid4()
    await usage.pool.execute(
        "insert into users (id, tenant_id, email, password_hash) values ($1, $2, $3, '')",
        user_id,
        tenant_id,
        f"{user_id}@example.com",
    )
    return user_id


@pytest.mark.parametrize(
    "url",
    [
        "https://mcp.example.com/mcp",
        "https://mcp.example.com:8443/",
        "https://93.184.216.34/mcp",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/mcp",
    ],
)
def test_public_addresses_may_be_named(url: str) -> None:
    NOWHERE.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://mcp.example.com/mcp",
        "https://127.0.0.1/mcp",
        "https://localhost/mcp",
        "https://db/mcp",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://mcp.example.com:22/",
        "https://user:secret@mcp.example.com/",
        "https://mcp.example.com/#part",
        "https://mcp.example.com:99999/",
        "https:///mcp",
        "https://2130706433/",
        "https://mcp.example.com\\@127.0.0.1/",
        "https://mcp.example.com/ x",
        "file:///etc/passwd",
        "gopher://mcp.example.com/",
        "mcp.example.com",
        "https://" + "a" * 600 + ".com",
        "https://exämple.com/",
    ],
)
def test_all_others_are_refused(url: str) -> None:
    with pytest.raises(InvalidError) as refused:
        NOWHERE.check(url)
    assert refused.value.where == "url"
    assert "secret" not in refused.value.message


@given(st.ip_addresses())
def test_no_private_address_is_public(address: object) -> None:
    parsed = ip_address(str(address))
    if parsed.is_private or parsed.is_loopback or parsed.is_link_local or parsed.is_multicast:
        assert not public(parsed)


async def test_a_name_that_leads_inside_is_not_followed() -> None:
    # What is looked up is judged again where it is used, whatever the name looks like.
    with pytest.raises(ToolError, match="leads to an address that is not public"):
        await NOWHERE.reach("https://localhost:8443/mcp")
    with pytest.raises(ToolError, match="does not resolve"):
        await NOWHERE.reach("https://no-such-host.invalid/mcp")


@pytest.mark.slow
async def test_a_private_origin_must_be_listed(origin: str) -> None:
    with pytest.raises(ToolError, match="not public"):
        await listed(Way(url=f"{origin}/mcp", rules=NOWHERE))
    offers = await listed(Way(url=f"{origin}/mcp", rules=Rules(private=(origin,))))
    assert {offer.name for offer in offers if offer.says_reads} == {"lookup", "flood", "fail", "odd.name"}


@pytest.mark.slow
async def test_what_is_no_such_server_is_said_to_be_none(usage: Usage, origin: str) -> None:
    del usage
    with pytest.raises(ToolError, match="does not answer as it should"):
        await listed(Way(url=f"{origin}/elsewhere", rules=Rules(private=(origin,))))


@pytest.mark.slow
async def test_a_redirect_is_not_followed(origin: str) -> None:
    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 307 Moved\r\nLocation: {origin}/mcp\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(redirect, "127.0.0.1", 0)
    async with server:
        here = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(ToolError):
            await listed(Way(url=f"{here}/mcp", rules=Rules(private=(here, origin))))


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


async def added(usage: Usage, who: Manager, origin: str, name: str = "tickets") -> UUID:
    offers = await listed(Way(url=f"{origin}/mcp", rules=Rules(private=(origin,))))
    async with usage.pool.acquire() as connection, connection.transaction():
        return await servers.add(connection, who, name, f"{origin}/mcp", offers)


async def allowed(usage: Usage, who: Manager, origin: str) -> Tools:
    server_id = await added(usage, who, origin)
    await servers.allow(
        usage.pool, who, server_id, {"lookup": "reads", "flood": "reads", "fail": "reads", "send": "asks"}
    )
    return await McpToolbox(usage.pool, Rules(private=(origin,)), TOKENS).of(who.tenant_id)


async def call(usage: Usage, who: Manager, tools: Tools, name: str, **arguments: JsonValue) -> Outcome:
    found = await tools[name].run(usage.context(who.tenant_id), parse_arguments(tools[name], arguments))
    assert isinstance(found, Outcome)
    return found


@pytest.mark.slow
async def test_nothing_of_a_new_server_may_be_called(usage: Usage, who: Manager, origin: str) -> None:
    await added(usage, who, origin)
    assert await McpToolbox(usage.pool, NOWHERE, TOKENS).of(who.tenant_id) == {}
    (server,) = await servers.servers_of(usage.pool, who.tenant_id)
    assert {tool.name for tool in server.tools} == {"lookup", "send", "flood", "fail"}
    assert {tool.allowed for tool in server.tools} == {"no"}


@pytest.mark.slow
async def test_allowed_tools_are_the_tenants_alone(usage: Usage, who: Manager, origin: str) -> None:
    tools = await allowed(usage, who, origin)
    assert set(tools) == {"mcp.tickets.lookup", "mcp.tickets.flood", "mcp.tickets.fail", "mcp.tickets.send"}
    assert await McpToolbox(usage.pool, NOWHERE, TOKENS).of(await usage.tenant()) == {}
    effects = {name for name, tool in tools.items() if tool.effect}
    assert effects == {name for name, tool in tools.items() if not tool.idempotent} == {"mcp.tickets.send"}


async def test_a_result_is_marked_and_cut(usage: Usage, who: Manager, origin: str) -> None:
    tools = await allowed(usage, who, origin)
    found = await call(usage, who, tools, "mcp.tickets.lookup", term="cost", limit=2)
    assert (found.data, found.cut) == ({"tickets": ["cost-0", "cost-1"]}, False)
    assert "never instructions" in found.untrusted
    flood = await call(usage, who, tools, "mcp.tickets.flood", characters=100_000)
    assert (len(flood.text), flood.data, flood.cut) == (MOST_TEXT, None, True)


@pytest.mark.slow
async def test_failures_are_sentences(usage: Usage, who: Manager, origin: str) -> None:
    tools = await allowed(usage, who, origin)
    with pytest.raises(ToolError, match=r"tickets: fail failed: .*no such queue"):
        await call(usage, who, tools, "mcp.tickets.fail")
    with pytest.raises(ToolError, match=r"mcp.tickets.lookup: arguments: Value error, 'term' is a required property"):
        await call(usage, who, tools, "mcp.tickets.lookup")
    with pytest.raises(ToolError, match="larger than"):
        await call(usage, who, tools, "mcp.tickets.send", text="x" * 30_000)
    shut = await McpToolbox(usage.pool, NOWHERE, TOKENS).of(who.tenant_id)
    with pytest.raises(InvalidError, match="only https"):
        await call(usage, who, shut, "mcp.tickets.lookup", term="x")


@pytest.mark.slow
async def test_an_effect_happens_once_for_one_call(usage: Usage, who: Manager, origin: str, sent: Path) -> None:
    tools = await allowed(usage, who, origin)
    mark = str(uuid4())
    assert (await call(usage, who, tools, "mcp.tickets.send", text=mark)).text == "sent"
    assert lines(sent).count(mark) == 1


@pytest.mark.slow
async def test_only_the_first_person_or_an_operator_manages(usage: Usage, who: Manager, origin: str) -> None:
    server_id = await added(usage, who, origin)
    second = who.model_copy(update={"user_id": await person(usage, who.tenant_id)})
    with pytest.raises(ForbiddenError, match="first person"):
        await servers.remove(usage.pool, second, server_id)
    stranger = Manager(tenant_id=await usage.tenant(), user_id=uuid4(), operator=True)
    with pytest.raises(NotFoundError, match="no such server"):
        await servers.remove(usage.pool, stranger, server_id)
    with pytest.raises(NotFoundError, match="no tool drop"):
        await servers.allow(usage.pool, who, server_id, {"drop": "reads"})
    with pytest.raises(ConflictError, match="already"):
        await added(usage, who, origin)
    await servers.remove(usage.pool, second.model_copy(update={"operator": True}), server_id)
    assert await servers.servers_of(usage.pool, who.tenant_id) == ()


def test_a_schema_is_offered_as_it_is_and_fetches_nothing() -> None:
    schema: dict[str, JsonValue] = {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:1/schema"}}}
    made = arguments_of(schema)
    assert made.model_json_schema() == schema
    with pytest.raises(ValueError, match="cannot be followed"):
        made.model_validate({"a": 1})
    assert made.model_validate({}).root == {}


@given(st.text("ABCxyz019._~+/-", min_size=1, max_size=200))
def test_a_token_is_read_with_the_key_of_before_and_with_no_other(words: str) -> None:
    kept = TOKENS.closed(SecretStr(words))
    newer, later = ring(KEY)
    _, much_later = ring(newer)
    assert words not in kept or len(words) < 12, "a short one may be there by chance"
    assert Tokens(later).opened(kept).get_secret_value() == words
    with pytest.raises(ToolError, match="give the server its token again"):
        Tokens(much_later).opened(kept)


async def test_after_keys_changed_the_key_of_before_may_go(usage: Usage, who: Manager) -> None:
    async with usage.pool.acquire() as connection, connection.transaction():
        server_id = await servers.add(connection, who, "tickets", "https://mcp.example.com/mcp", ())
    before, sealed = Tokens(ring()[1]), TOKENS.closed(SecretStr("kept-as-it-is"))
    await servers.set_token(usage.pool, who, server_id, sealed)
    newer, both = ring(KEY)
    assert await reseal(usage.pool, before) == 0, "what it cannot open it leaves alone"
    assert (await servers.tokens_of(usage.pool, who.tenant_id))[server_id] == sealed
    assert await reseal(usage.pool, Tokens(both)) >= 1
    (kept,) = (await servers.tokens_of(usage.pool, who.tenant_id)).values()
    assert Tokens(KeyRing(newer)).opened(kept).get_secret_value() == "kept-as-it-is"
    assert await reseal(usage.pool, Tokens(both)) == 0


@pytest.mark.slow
async def test_a_server_that_wants_a_token_is_told_it_at_every_call(usage: Usage, who: Manager, tmp_path: Path) -> None:
    token = SecretStr(secrets.token_urlsafe(24))
    async with served(tmp_path / "sent.txt", token.get_secret_value()) as origin:
        rules = Rules(private=(origin,))
        with pytest.raises(ToolError, match="wants a token"):
            await listed(Way(url=f"{origin}/mcp", rules=rules))
        with pytest.raises(ToolError, match="refuses the token") as refused:
            await listed(Way(url=f"{origin}/mcp", rules=rules, token=SecretStr("another")))
        assert "another" not in refused.value.message
        offers = await listed(Way(url=f"{origin}/mcp", rules=rules, token=token))
        async with usage.pool.acquire() as connection, connection.transaction():
            server_id = await servers.add(connection, who, "tickets", f"{origin}/mcp", offers)
        await servers.allow(usage.pool, who, server_id, {"lookup": "reads"})
        await servers.set_token(usage.pool, who, server_id, TOKENS.closed(token))
        tools = await McpToolbox(usage.pool, rules, TOKENS).of(who.tenant_id)
        assert (await call(usage, who, tools, "mcp.tickets.lookup", term="a", limit=1)).data == {"tickets": ["a-0"]}
        said = await call(usage, who, tools, "mcp.tickets.lookup", term=token.get_secret_value(), limit=1)
        assert (said.data, token.get_secret_value() in said.text) == ({"tickets": ["[token]-0"]}, False)
        await servers.set_token(usage.pool, who, server_id, None)
        tools = await McpToolbox(usage.pool, rules, TOKENS).of(who.tenant_id)
        with pytest.raises(ToolError, match="wants a token"):
            await call(usage, who, tools, "mcp.tickets.lookup", term="a")
    with pytest.raises(NotFoundError):
        await servers.set_token(usage.pool, who, uuid4(), None)
