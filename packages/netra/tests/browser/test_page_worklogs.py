"""Operators read goldenpath's worklogs on the page: as they were written, in a frame that runs nothing."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from netra_browser import logged_in
from netra_doors import opened
from playwright.async_api import Browser, expect

from netra.stores.database import Pool

pytestmark = pytest.mark.browser
HTML = (
    "<title>Loop one</title><h1>It was the route</h1><script>parent.pwned = 1; document.body.textContent = ''</script>"
)
MARKDOWN = "# Loop two\n\n| why | evidence |\n|---|---|\n| the route | `o-17` |\n\n<img src=x onerror=alert(1)>\n"


async def test_a_worklog_is_shown_as_it_was_written(
    browser: Browser, environ: Mapping[str, str], database: Pool, tmp_path: Path
) -> None:
    for name, file, content in (("one", "worklog.html", HTML), ("two", "worklog.md", MARKDOWN)):
        folder = tmp_path / "worklogs" / name
        folder.mkdir(parents=True)
        (folder / file).write_text(content)
    async with opened({**environ, "WORKLOGS_DIR": str(tmp_path / "worklogs")}, tmp_path) as door:
        person = await door.person()
        await database.execute("update users set role = 'operator' where email = $1", person.email)
        async with logged_in(browser, door, person.email) as here:
            await here.open("#/operator/worklogs")
            await here.page.get_by_role("link", name="Loop one").click()
            framed = here.page.frame_locator("iframe.worklog")
            await expect(framed.get_by_role("heading", name="It was the route")).to_be_visible()
            assert await here.page.evaluate("window.pwned ?? null") is None
            # The frame refuses the script, and says so.
            here.wrong = [wrong for wrong in here.wrong if "sandbox" not in wrong and "script" not in wrong]
            await here.page.get_by_role("link", name="All worklogs").click()
            await here.page.get_by_role("link", name="Loop two").click()
            await expect(here.page.get_by_role("table")).to_contain_text("the route")
            await expect(here.page.locator("main")).to_contain_text("<img src=x onerror=alert(1)>")
