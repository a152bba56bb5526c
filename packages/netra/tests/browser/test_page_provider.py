"""Logging in with an identity provider in a real browser: there and back, and what is said when it fails."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from netra_browser import Tab, tab, window
from netra_doors import PASSWORD, Door, opened
from netra_oidc import CALLBACK, provider, register, variables
from playwright.async_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.browser
OFFER = "Continue with your organisation"


@pytest.fixture(scope="module")
async def real(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    async with provider(tmp_path_factory.mktemp("provider")) as address:
        yield address


@pytest.fixture(scope="module")
async def door(environ: Mapping[str, str], real: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    """A door that offers the provider, which asks people for their consent."""
    given = {**environ, **variables(f"{real}/o")}
    async with opened(given, tmp_path_factory.mktemp("web")) as opened_door:
        await register(real, opened_door, consent=True)
        yield opened_door


async def _known_there(context: BrowserContext, real: str, **more: object) -> dict[str, Any]:
    """Somebody, logged in at the provider in this window."""
    name = uuid4().hex[:12]
    claims = {"name": name, "email": f"{name}@example.com", "email_verified": True, **more}
    assert (await context.request.post(f"{real}/test/enter", data=claims)).ok
    return claims


async def _sent_away(here: Tab, answer: str) -> None:
    """Go to the provider and answer its question."""
    await here.page.get_by_role("link", name=OFFER).click()
    await here.page.get_by_role("button", name=answer).click()


async def _linked(page: Page) -> None:
    """Link an account, with the password."""
    await page.get_by_role("button", name="Link an account").click()
    asked = page.get_by_role("dialog")
    await asked.get_by_label("Your password").fill(PASSWORD)
    await asked.get_by_role("button", name="Go on").click()
    await page.get_by_role("button", name="Allow").click()


def _nothing_wrong(here: Tab, real: str) -> None:
    assert [told for told in here.wrong if not told.startswith(f"asked {real}/")] == []


async def _told(page: Page, words: str) -> None:
    """The log-in stands there with the message, and the address says nothing of it any more."""
    await expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert "login_failed" not in page.url


async def test_who_allows_it_comes_back_logged_in_where_they_were(browser: Browser, door: Door, real: str) -> None:
    async with window(browser) as context:
        who = await _known_there(context, real)
        here = await tab(context, door)
        await here.open("#/settings")
        await _sent_away(here, "Allow")
        await expect(here.page.get_by_role("heading", name="Settings")).to_be_visible()
        await expect(here.page.get_by_text(who["email"])).to_be_visible()
        assert here.page.url == f"{door.address}/#/settings"
        await here.page.reload()
        await expect(here.page.get_by_role("heading", name="Settings")).to_be_visible()
        _nothing_wrong(here, real)


async def test_who_denies_it_is_told_so_and_may_try_again(browser: Browser, door: Door, real: str) -> None:
    async with window(browser) as context:
        await _known_there(context, real)
        here = await tab(context, door)
        await here.open("#/settings")
        await _sent_away(here, "Deny")
        await _told(here.page, "was not allowed")
        await _sent_away(here, "Allow")
        await expect(here.page.get_by_role("heading", name="Settings")).to_be_visible()
        _nothing_wrong(here, real)


async def test_an_answer_to_another_log_in_is_told(browser: Browser, door: Door, real: str) -> None:
    async with window(browser) as context:
        here = await tab(context, door)
        await here.open(f"{CALLBACK[1:]}?code=somebody&state=elses")
        await _told(here.page, "begun in another window")
        await _known_there(context, real)
        await here.page.get_by_role("link", name=OFFER).click()
        await expect(here.page.get_by_role("button", name="Allow")).to_be_visible()
        await here.open(f"{CALLBACK[1:]}?code=somebody&state=elses")
        await _told(here.page, "begun in another window")
        await here.page.reload()
        await expect(here.page.get_by_role("heading", name="Log in")).to_be_visible()
        await expect(here.page.locator(".notice")).to_have_count(0)
        answer = await here.page.evaluate(
            f"fetch('{CALLBACK}?code=x&state=y').then(async (a) => [a.status, await a.json()])"
        )
        assert (answer[0], answer[1]["error"]["code"]) == (401, "unauthorized"), "what no person sees stays JSON"


async def test_who_links_an_account_that_opens_another_is_told_and_stays(
    browser: Browser, door: Door, real: str
) -> None:
    owner = await door.person()
    async with window(browser) as context:
        await _known_there(context, real)
        here = await tab(context, door)
        await here.open()
        await _sent_away(here, "Allow")
        await expect(here.composer).to_be_visible()
        await context.clear_cookies(name="netra")
        await here.open()
        await here.log_in(owner.email)
        await here.page.goto(f"{door.address}/#/settings")
        await _linked(here.page)
        await expect(here.page.get_by_role("dialog")).to_contain_text("opens another account here")
        await here.page.get_by_role("button", name="Go on").click()
        await expect(here.page.get_by_text("Nothing is linked.")).to_be_visible()
        _nothing_wrong(here, real)


async def test_an_email_that_has_an_account_is_told_how_to_link(browser: Browser, door: Door, real: str) -> None:
    person = await door.person()
    async with window(browser) as context:
        await _known_there(context, real, email=person.email)
        here = await tab(context, door)
        await here.open()
        await _sent_away(here, "Allow")
        await _told(here.page, "link your organisation's account")
        await here.log_in(person.email)
        await here.page.goto(f"{door.address}/#/settings")
        await _linked(here.page)
        await expect(here.page.get_by_role("cell", name=f"{real}/o")).to_be_visible()
        _nothing_wrong(here, real)
