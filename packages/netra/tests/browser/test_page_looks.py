"""Every view, as wide as a telephone and as a desk, light and dark: reachable, whole, light-weight and soon there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from axe_playwright_python.async_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from netra_browser import LONG_MS, NARROW, WIDE, Look, Scheme, Tab, logged_in, tab, window
from netra_doors import Door
from playwright.async_api import Browser, expect

from netra.stores.database import Pool

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("analyst")]
PLACES = (
    "#/",
    "#/usage",
    "#/data",
    "#/settings",
    "#/operator",
    "#/operator/runs",
    "#/operator/audit",
    "#/operator/worklogs",
)
SERIOUS = {"serious", "critical"}
MOST_BYTES = 300_000
FIRST_PAINT_MS = 1000


@asynccontextmanager
async def _operator(browser: Browser, door: Door, database: Pool, look: Look) -> AsyncGenerator[Tab]:
    person = await door.person()
    await database.execute("update users set role = 'operator' where email = $1", person.email)
    async with logged_in(browser, door, person.email, look) as here:
        yield here


async def _settled(here: Tab, place: str) -> None:
    await here.open(place)
    await expect(here.page.get_by_role("heading", level=1)).to_be_visible()
    await expect(here.page.locator(".loading")).to_have_count(0)
    assert await here.page.get_by_role("alert").filter(has_text=" ").all_inner_texts() == []


async def _serious(here: Tab) -> list[str]:
    """What axe finds that is serious, with where."""
    axe = cast("Any", Axe())  # its own types are partly unknown
    violations: list[dict[str, Any]] = (await axe.run(here.page)).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in violations if v["impact"] in SERIOUS]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
async def test_every_view_is_whole_and_accessible(
    browser: Browser, door: Door, database: Pool, width: int, scheme: Scheme
) -> None:
    async with _operator(browser, door, database, Look(width, scheme, bypass_policy=True)) as here:
        wide: list[str] = []
        serious: list[str] = []
        for place in PLACES:
            await _settled(here, place)
            reach = await here.page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
            wide += [f"{place} by {reach}"] if reach > 0 else []
            serious += [f"{place} {finding}" for finding in await _serious(here)]
        assert (wide, serious) == ([], [])


@pytest.mark.parametrize("width", [WIDE, NARROW])
async def test_an_answer_with_its_work_is_whole_and_accessible(
    browser: Browser, door: Door, usage_file: Path, width: int
) -> None:
    person = await door.person()
    async with logged_in(browser, door, person.email, Look(width, "dark", bypass_policy=True)) as here:
        page = here.page
        await here.open("#/data")
        await page.get_by_label("Choose a file").set_input_files(usage_file)
        await expect(page.locator(".import").get_by_text("done")).to_be_visible(timeout=LONG_MS)
        await here.open("#/")
        turn = await here.answered("How did cost go by day, and what did each model cost?")
        await turn.locator(".timeline > summary").click()
        await turn.locator(".call > summary").last.click()
        assert await _serious(here) == []
        assert await page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
        await turn.locator("button.figure").first.click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await _serious(here) == []


async def test_the_log_in_is_accessible_light_and_soon_there(browser: Browser, door: Door) -> None:
    paints: list[float] = []
    for _ in range(3):
        async with window(browser, Look(bypass_policy=True)) as context:
            here = await tab(context, door)
            await here.open()
            await expect(here.page.get_by_role("heading", name="Log in")).to_be_visible()
            paints.append(
                await here.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            )
            assert await _serious(here) == []
            assert here.wrong == []
    assert min(paints) <= FIRST_PAINT_MS, paints


async def test_the_first_view_weighs_little_and_every_view_is_reached_over_a_slow_network(
    browser: Browser, door: Door
) -> None:
    person = await door.person()
    async with logged_in(browser, door, person.email) as here:
        client: Any = await here.page.context.new_cdp_session(here.page)  # its own types are partly unknown
        slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 20_000}
        await client.send("Network.emulateNetworkConditions", slow)
        await client.send("Network.setCacheDisabled", {"cacheDisabled": True})
        await here.page.reload()
        await expect(here.composer).to_be_visible(timeout=LONG_MS)
        sizes = "performance.getEntries().reduce((sum, entry) => sum + (entry.transferSize ?? 0), 0)"
        assert 0 < await here.page.evaluate(sizes) <= MOST_BYTES
        await here.open("#/settings")
        await expect(here.page.get_by_role("heading", name="API keys")).to_be_visible(timeout=LONG_MS)
