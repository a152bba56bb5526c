"""A deed with effect waits for the person's word, on the page too."""

from collections.abc import AsyncGenerator, Mapping

import pytest
from netra_browser import LONG_MS, Tab, logged_in, until_answered
from netra_doors import Door
from netra_runs import Script, WorkerProcess, worker
from playwright.async_api import Browser, expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
async def doer(environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[WorkerProcess]:
    async with worker(environ, tmp_path_factory.mktemp("doer"), Script(calls=1, words=3, effect=True)) as running:
        yield running


@pytest.mark.usefixtures("doer")
async def test_a_deed_waits_for_a_word_and_goes_on_with_it(browser: Browser, door: Door) -> None:
    person = await door.person()
    async with logged_in(browser, door, person.email) as here:
        for word, told in (("Approve", "Approved"), ("Decline", "Declined")):
            turn = await here.ask("do it")
            card = turn.get_by_role("region", name="Approval of stride")
            await expect(card).to_contain_text("needs your approval", timeout=LONG_MS)
            await card.get_by_label("Note").fill("I have thought about it")
            await card.get_by_role("button", name=word).click()
            await expect(card).to_contain_text(told, timeout=LONG_MS)
            await expect(card).to_contain_text("I have thought about it")
            await until_answered(turn)
        await _stays(here)


async def _stays(here: Tab) -> None:
    await here.page.reload()
    await expect(here.turns.first.locator(".approval")).to_contain_text("Approved")
    await expect(here.turns.nth(1).locator(".approval")).to_contain_text("Declined")
