"""A person brings a tool server on the page, allows one of its tools, and removes it again."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import pytest
from netra_browser import Tab, logged_in
from netra_doors import Door, Person, opened
from netra_mcp import served
from playwright.async_api import Browser, Locator, expect

pytestmark = pytest.mark.browser
TOKEN = "a.token-of+mine/9=="


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    async with served(tmp_path_factory.mktemp("mcp") / "sent.txt") as origin:
        yield origin


@pytest.fixture(scope="module")
async def door(
    environ: Mapping[str, str], server: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Door]:
    async with opened({**environ, "MCP_PRIVATE_ORIGINS": server}, tmp_path_factory.mktemp("web")) as opened_door:
        yield opened_door


async def _settings(here: Tab) -> Locator:
    """The part of the settings about tool servers."""
    await here.page.goto(f"{here.address}/#/settings")
    return here.page.locator("section.part").filter(has=here.page.get_by_role("heading", name="Tool servers"))


async def _add(here: Tab, name: str, url: str) -> Locator:
    """Fill the form and send it; answers the dialog."""
    asked = here.page.get_by_role("dialog", name="Add a tool server")
    if not await asked.is_visible():
        await here.page.get_by_role("button", name="Add a server").click()
    await asked.get_by_label("Name").fill(name)
    await asked.get_by_label("Address").fill(url)
    await asked.get_by_role("button", name="Add").click()
    return asked


async def _allowed(door: Door, person: Person) -> dict[str, str]:
    """Which tools agents may call, as the door says."""
    answer = await door.http.get("/api/mcp-servers", headers=person.headers)
    servers: list[dict[str, Any]] = answer.json()["servers"]
    return {tool["name"]: tool["allowed"] for one in servers for tool in one["tools"] if tool["allowed"] != "no"}


async def test_a_server_is_added_one_tool_allowed_and_all_of_it_removed(
    browser: Browser, door: Door, server: str
) -> None:
    person = await door.person()
    async with logged_in(browser, door, person.email) as here:
        part = await _settings(here)
        await expect(part).to_contain_text("No server is listed.")
        asked = await _add(here, "tickets", f"{server}/mcp")
        await expect(asked).to_have_count(0)
        card = part.get_by_role("region", name="tickets")
        await expect(card).to_contain_text(f"{server}/mcp")
        await expect(card).to_contain_text("Look tickets up.")
        assert await _allowed(door, person) == {}, "nothing may be called before it is allowed"
        await card.get_by_role("button", name="Token of tickets").click()
        wanted = here.page.get_by_role("dialog", name="Token of tickets")
        await wanted.get_by_label("Token").fill(TOKEN)
        await wanted.get_by_role("button", name="Save").click()
        await expect(card).to_contain_text("with a token")
        assert TOKEN not in await here.page.content()
        choose = card.get_by_label("Agents may call lookup")
        await expect(choose).to_have_value("no")
        async with here.page.expect_response(lambda answer: answer.url.endswith("/tools")):
            await choose.select_option(label="freely: it only reads")
        assert await _allowed(door, person) == {"lookup": "reads"}
        async with here.page.expect_response(lambda answer: answer.url.endswith("/tools")):
            await card.get_by_label("Agents may call send").select_option(label="each time with my approval")
        assert await _allowed(door, person) == {"lookup": "reads", "send": "asks"}
        await here.page.reload()
        await expect(choose).to_have_value("reads")
        await card.get_by_role("button", name="Remove tickets").click()
        sure = here.page.get_by_role("dialog", name="Remove this server?")
        await sure.get_by_role("button", name="Cancel").click()
        await expect(card).to_be_visible()
        await card.get_by_role("button", name="Remove tickets").click()
        await sure.get_by_role("button", name="Remove").click()
        await expect(card).to_have_count(0)
        await expect(part).to_contain_text("No server is listed.")
        assert (await door.http.get("/api/mcp-servers", headers=person.headers)).json() == {"servers": []}


async def test_the_form_says_what_is_wrong_and_keeps_what_was_written(
    browser: Browser, door: Door, server: str
) -> None:
    person = await door.person()
    async with logged_in(browser, door, person.email) as here:
        part = await _settings(here)
        asked = await _add(here, "Tickets", f"{server}/mcp")
        assert await asked.locator("input:invalid").count() == 1, "the browser itself points at the name"
        await _add(here, "tickets", "https://169.254.169.254/latest")
        await expect(asked.get_by_role("alert")).to_contain_text("address")
        await _add(here, "tickets", f"{server}/nothing-here")
        await expect(asked.get_by_role("alert")).to_contain_text("streamable HTTP")
        await expect(asked.get_by_label("Address")).to_have_value(f"{server}/nothing-here")
        await _add(here, "tickets", f"{server}/mcp")
        await expect(part.get_by_role("region", name="tickets")).to_be_visible()
        again = await _add(here, "tickets", f"{server}/mcp")
        await expect(again.get_by_role("alert")).to_contain_text("name")
        await here.page.keyboard.press("Escape")
        await expect(again).to_have_count(0)
        await expect(part.get_by_role("region", name="tickets")).to_have_count(1)
