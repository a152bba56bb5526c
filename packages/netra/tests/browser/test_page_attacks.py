"""Text that would be markup elsewhere stays text: in questions, titles, tool results, imported data and answers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from netra_browser import logged_in
from netra_doors import Door
from netra_usage import Usage, event
from playwright.async_api import Browser, Page, expect

from netra.stores.database import Pool

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("analyst")]
PAYLOADS = (
    "<img src=x onerror=\"window.pwned='img'\">",
    "<script>window.pwned='script'</script>",
    "<svg/onload=\"window.pwned='svg'\">",
    "[click](javascript:window.pwned='link')",
    "![x](https://evil.example/pixel.png)",
    '"><iframe srcdoc="<script>parent.pwned=\'frame\'</script>">',
    "{{constructor.constructor('window.pwned=1')()}}",
)
HARMFUL = "img, script:not([src]), iframe, object, embed, [onerror], [onload], a[href^='javascript']"


async def _unharmed(page: Page) -> None:
    assert await page.evaluate("window.pwned ?? null") is None
    assert await page.locator("body").locator(HARMFUL).count() == 0


async def test_a_message_and_its_title_stay_text(browser: Browser, door: Door) -> None:
    person = await door.person()
    async with logged_in(browser, door, person.email) as here:
        for payload in PAYLOADS:
            turn = await here.answered(payload)
            await expect(turn.locator(".bubble")).to_have_text(payload)
        await expect(here.page.locator(".thread").first).to_contain_text("<img src=x")
        await here.page.reload()
        await expect(here.turns).to_have_count(len(PAYLOADS))
        await _unharmed(here.page)


async def test_names_in_the_data_stay_text_in_results_answers_and_figures(
    browser: Browser, door: Door, usage: Usage, database: Pool
) -> None:
    person = await door.person()
    tenant = await database.fetchval("select tenant_id from users where id = $1", UUID(person.user_id))
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    names = [payload[:90] for payload in PAYLOADS]
    events = [
        event(now - timedelta(hours=h), workload=name, cost_usd=Decimal("0.01")) for name in names for h in range(1, 60)
    ]
    events += [event(now - timedelta(hours=61), model=name) for name in names]
    await usage.put(UUID(str(tenant)), events)
    async with logged_in(browser, door, person.email) as here:
        for question in ("What did each workload cost?", "How many tokens did each model use?"):
            turn = await here.answered(question)
            await turn.locator(".timeline > summary").click()
            for call in await turn.locator(".call > summary").all():
                await call.click()
            await _unharmed(here.page)
        await expect(here.turns.first.locator(".prose")).to_contain_text("<script>window.pwned='script'</script>")
        await here.turns.first.locator("button.figure").first.click()
        await expect(here.page.get_by_role("dialog")).to_be_visible()
        await _unharmed(here.page)


async def test_the_policy_forbids_what_the_page_does_not_do_either(browser: Browser, door: Door) -> None:
    person = await door.person()
    async with logged_in(browser, door, person.email) as here:
        # Later, for what a test's own program does at once is exempt.
        tried = await here.page.evaluate(
            """() => new Promise((resolve) => setTimeout(() => {
                const outcome = {};
                const attempt = (name, act) => {
                    outcome[name] = 'done';
                    try { act(); } catch { outcome[name] = 'refused'; }
                };
                attempt('markup', () => { document.createElement('div').innerHTML = '<b>x</b>'; });
                attempt('code', () => { new Function('return 1')(); });
                attempt('policy', () => { trustedTypes.createPolicy('mine', { createHTML: (x) => x }); });
                resolve(outcome);
            }))"""
        )
        assert tried == {"markup": "refused", "code": "refused", "policy": "refused"}
        reached = "fetch('https://example.com/').then(() => 'reached', () => 'refused')"
        assert await here.page.evaluate(reached) == "refused"
        assert [w for w in here.wrong if "Security Policy" not in w and "example.com" not in w] == []
        here.wrong.clear()
