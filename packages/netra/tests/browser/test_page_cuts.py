"""What may happen while an answer streams: a reload, a dead server, a second tab, the session's end, somebody else."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from netra_browser import LONG_MS, logged_in, tab, until_answered, window
from netra_doors import Door, opened, spawned, until_ready
from playwright.async_api import Browser, Locator, expect

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("talker")]
QUESTION = "What did it cost?"
CUT = """import(document.querySelector('script[type=module]').src.replace('app.js', 'socket.js'))
    .then((module) => module.wire.socket.close())"""
"""Going offline leaves open sockets alone."""
ANSWER = " ".join(f"word{number}" for number in range(40))


async def _calling(turn: Locator, calls: int) -> None:
    """Wait until so many calls have been made, and the run goes on."""
    await expect(turn.locator(".call")).to_have_count(calls, timeout=LONG_MS)
    await expect(turn.locator(".timeline")).to_have_attribute("data-status", "running")


async def _whole(turn: Locator) -> None:
    """The answer is there, each word of it once, and each call."""
    await until_answered(turn)
    await expect(turn.locator(".prose")).to_have_text(ANSWER)
    await expect(turn.locator(".call")).to_have_count(6)


async def test_a_reload_in_the_middle_loses_and_doubles_nothing(browser: Browser, door: Door) -> None:
    person = await door.person()
    async with logged_in(browser, door, person.email) as here:
        await _calling(await here.ask(QUESTION), 2)
        await here.page.reload()
        await _whole(here.turns.first)
        await expect(here.turns).to_have_count(1)


async def test_a_server_that_dies_in_the_middle_is_waited_for(
    browser: Browser, environ: Mapping[str, str], tmp_path: Path
) -> None:
    async with opened(environ, tmp_path) as door:
        person = await door.person()
        async with logged_in(browser, door, person.email) as here:
            turn = await here.ask(QUESTION)
            await _calling(turn, 1)
            door.process.kill()
            await door.process.wait()
            banner = here.page.locator(".banner")
            await expect(banner).to_contain_text("connection to netra is lost", timeout=LONG_MS)
            log = tmp_path / "second.log"
            second = await spawned(environ, int(door.address.rpartition(":")[2]), log)
            try:
                await until_ready(second, log)
                await expect(banner).to_be_hidden(timeout=LONG_MS)
                await _whole(turn)
                await (await here.ask(QUESTION)).wait_for()
                await _whole(here.turns.nth(1))
            finally:
                second.terminate()
                await asyncio.wait_for(second.wait(), 15)


async def test_what_is_said_while_the_server_is_away_is_said_once_when_it_is_back(browser: Browser, door: Door) -> None:
    person = await door.person()
    async with logged_in(browser, door, person.email) as here:
        await here.page.context.set_offline(offline=True)
        await here.page.evaluate(CUT)
        turn = await here.ask(QUESTION)
        await expect(turn).to_contain_text("Sending")
        await here.page.context.set_offline(offline=False)
        await _whole(turn)
        await here.page.reload()
        await expect(here.turns).to_have_count(1)


async def test_two_tabs_show_the_same(browser: Browser, door: Door) -> None:
    person = await door.person()
    async with logged_in(browser, door, person.email) as first:
        await _whole(await first.ask(QUESTION))
        second = await tab(first.page.context, door)
        await second.open(await first.thread())
        await _whole(second.turns.first)
        await first.ask(QUESTION)
        await expect(second.turns).to_have_count(2)
        await _whole(second.turns.nth(1))
        await _whole(first.turns.nth(1))
        await first.page.get_by_role("button", name="Account of").click()
        await first.page.get_by_role("menuitem", name="Log out").click()
        await expect(second.page.get_by_role("heading", name="Log in")).to_be_visible()
        assert second.wrong == []


async def test_two_people_see_nothing_of_each_other(browser: Browser, door: Door) -> None:
    ada, bob = await door.person(), await door.person()
    async with logged_in(browser, door, ada.email) as hers, logged_in(browser, door, bob.email) as his:
        await _whole(await hers.ask("What did the zebra workload cost?"))
        place = await hers.thread()
        await his.open(place)
        await expect(his.page.get_by_role("alert")).to_contain_text("No such thread")
        await expect(his.page.locator("body")).not_to_contain_text("zebra")
        await expect(his.page.locator(".thread")).to_have_count(0)


async def test_a_session_that_ends_asks_for_a_log_in_and_goes_on(browser: Browser, door: Door) -> None:
    person = await door.person()
    async with window(browser) as context:
        here = await tab(context, door)
        await here.open()
        await here.log_in(person.email)
        await _calling(await here.ask(QUESTION), 1)
        place = await here.thread()
        await here.composer.fill("half a thou")
        await door.http.post("/api/auth/logout-everywhere", headers=person.headers)
        await expect(here.page.locator(".notice")).to_contain_text("Your session has ended", timeout=LONG_MS)
        await here.log_in(person.email)
        assert await here.thread() == place
        await expect(here.composer).to_have_value("half a thou")
        await _whole(here.turns.first)
        assert here.wrong == []
