"""A person in a real browser: an account, data, a question, the work behind the answer, and all of it kept."""

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
from netra_browser import LONG_MS, Tab, logged_in, tab, until_answered, window
from netra_doors import PASSWORD, Door
from playwright.async_api import Browser, Locator, expect

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("analyst")]
QUESTION = "What did each workload cost in the last 7 days?"


async def test_from_an_account_to_an_answer_whose_figures_show_their_query(
    browser: Browser, door: Door, usage_file: Path
) -> None:
    async with window(browser) as context:
        opened = await tab(context, door)
        await opened.open()
        await _register(opened)
        await _bring_in(opened, usage_file)
        await _set_a_budget(opened)
        turn = await _asked(opened)
        await _followed_to_its_query(opened, turn)
        answer = await turn.locator(".prose").inner_text()
        await opened.page.reload()
        again = opened.turns.first
        await until_answered(again)
        assert await again.locator(".prose").inner_text() == answer
        assert opened.wrong == []


async def _register(opened: Tab) -> None:
    page = opened.page
    await page.get_by_role("button", name="Create an account").click()
    await page.get_by_label("Name").fill("Ada Lovelace")
    await page.get_by_label("Email").fill(f"ada-{uuid4().hex[:8]}@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("heading", name="What would you like to know, Ada?")).to_be_visible()


async def _bring_in(opened: Tab, usage_file: Path) -> None:
    page = opened.page
    await page.get_by_role("link", name="Data", exact=True).click()
    await page.get_by_label("Choose a file").set_input_files(usage_file)
    line = page.locator(".import")
    await expect(line.get_by_text("done")).to_be_visible(timeout=LONG_MS)
    await expect(line).to_contain_text("480 imported")


async def _set_a_budget(opened: Tab) -> None:
    page = opened.page
    await page.get_by_role("link", name="Usage", exact=True).click()
    await page.get_by_label("Budget of a month").fill("500")
    await page.get_by_role("button", name="Set a budget").click()
    await expect(page.get_by_role("meter", name=re.compile("^Spent in"))).to_have_attribute("aria-valuemax", "500")


async def _asked(opened: Tab) -> Locator:
    await opened.page.get_by_role("link", name="New chat").click()
    turn = await opened.answered(QUESTION)
    for name in ("triage", "data", "reporting"):
        await expect(turn.locator(".agent", has_text=name).first).to_be_attached()
    await expect(turn.locator(".prose")).to_contain_text("support-chat")
    await expect(turn.get_by_role("table").first).to_contain_text("search")
    return turn


async def _followed_to_its_query(opened: Tab, turn: Locator) -> None:
    """A figure leads to the call, and to the SQL that read it."""
    await turn.locator("button.figure", has_text="$").first.click()
    source = opened.page.get_by_role("dialog", name="Where this figure comes from")
    await expect(source).to_contain_text("cost_breakdown")
    await expect(source).to_contain_text(re.compile(r"select\b", re.IGNORECASE))
    await opened.page.keyboard.press("Escape")
    await expect(source).to_have_count(0)


async def test_a_chat_is_found_renamed_exported_archived_and_deleted(browser: Browser, door: Door) -> None:
    person = await door.person()
    async with logged_in(browser, door, person.email) as opened:
        page = opened.page
        await opened.answered("What is the secret of zebras?")
        await _renamed(opened, "Stripes & co.")
        async with page.expect_download() as coming:
            await _chosen(opened, "Export as JSON")
        document = json.loads((await (await coming.value).path()).read_text())
        assert document["thread"]["title"] == "Stripes & co."
        assert "zebras" in document["messages"][0]["content"]
        search = page.get_by_label("Search chats")
        await search.fill("zebras")
        await expect(page.locator(".thread .excerpt")).to_contain_text("zebras")
        await search.fill("giraffes")
        await expect(page.locator(".thread")).to_have_count(0)
        await search.fill("")
        await _chosen(opened, "Archive")
        await expect(page.locator(".thread")).to_have_count(0)
        await page.get_by_role("button", name="Archived").click()
        await expect(page.locator(".thread")).to_have_count(1)
        await _chosen(opened, "Delete")
        await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        await expect(page.locator(".thread")).to_have_count(0)
        await expect(page.locator(".welcome")).to_be_visible()


async def _renamed(opened: Tab, title: str) -> None:
    await _chosen(opened, "Rename")
    await opened.page.get_by_label("Title").fill(title)
    await opened.page.get_by_role("button", name="Save").click()
    await expect(opened.page.get_by_role("heading", name=title)).to_be_visible()
    await expect(opened.page.locator(".thread")).to_contain_text(title)


async def _chosen(opened: Tab, entry: str) -> None:
    head = opened.page.locator(".view-head")
    await head.get_by_role("button", name=re.compile("^Actions for")).click()
    await head.get_by_role("menuitem", name=entry).click()


async def test_it_can_all_be_done_by_keyboard(browser: Browser, door: Door) -> None:
    person = await door.person()
    async with window(browser) as context:
        opened = await tab(context, door)
        await opened.open()
        page = opened.page
        await page.get_by_label("Email").focus()
        await page.keyboard.type(person.email)
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(opened.composer).to_be_focused()
        await page.keyboard.type("What did it cost?")
        await page.keyboard.press("Enter")
        await until_answered(opened.turns.first)
        summary = opened.turns.first.locator(".timeline > summary")
        await summary.focus()
        await page.keyboard.press("Enter")
        await expect(opened.turns.first.locator(".agent").first).to_be_visible()
        await page.get_by_role("button", name=re.compile("^Account of")).focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("menuitem", name="Log out")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        assert opened.wrong == []
