"""A table stands once in an answer: in its text, or as a view beside it."""

from pathlib import Path
from typing import Any

import pytest
from netra_browser import LONG_MS, Tab, logged_in, tab, window
from netra_doors import Door
from playwright.async_api import Browser, Locator, expect

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("analyst")]
REPEATS = """([shown, view]) =>
    import(document.querySelector('script[type=module]').src.replace('app.js', 'repeats.js'))
    .then((module) => module.repeats(shown, view))"""
COLUMNS = [
    {"name": "workload", "unit": ""},
    {"name": "model", "unit": ""},
    {"name": "before", "unit": "USD"},
    {"name": "latency", "unit": "ms"},
]
ROWS = [["chat", "large", 1234.5678, None], ["search", "small", -0.000063, 12.04]]
TEXT = [["chat on large", "$1,234.57", "n/a", "99 %"], ["search on small", "-$0.000063", "12.0 ms", "1 %"]]
REST = ["all others", "", "", ""]
CASES: dict[str, tuple[list[list[str]], list[list[Any]], bool]] = {
    "the same, worded otherwise": (TEXT, ROWS, True),
    "the text has another row": ([*TEXT, REST], ROWS, True),
    "the view has another row": (TEXT, [*ROWS, ["bots", "small", 1.0, 2.0]], False),
    "another name": ([["chats on large", *TEXT[0][1:]], TEXT[1]], ROWS, False),
    "another figure": ([[TEXT[0][0], "$1,234.58", *TEXT[0][2:]], TEXT[1]], ROWS, False),
    "another unit": ([[TEXT[0][0], "1,234.57 ms", *TEXT[0][2:]], TEXT[1]], ROWS, False),
    "the same names, a column less": ([[row[0], row[1]] for row in TEXT], ROWS, False),
    "another order": (TEXT[::-1], ROWS, False),
    "no row": ([], ROWS, False),
}


async def test_a_view_repeats_a_table_only_when_all_of_it_is_there(browser: Browser, door: Door) -> None:
    async with window(browser) as context:
        here = await tab(context, door)
        await here.open()
        found = {
            case: await here.page.evaluate(REPEATS, [shown, {"kind": "table", "columns": COLUMNS, "rows": rows}])
            for case, (shown, rows, _) in CASES.items()
        }
        assert found == {case: told for case, (_, _, told) in CASES.items()}


async def _brought_in(here: Tab, usage_file: Path) -> None:
    await here.open("#/data")
    await here.page.get_by_label("Choose a file").set_input_files(usage_file)
    await expect(here.page.locator(".import").get_by_text("done")).to_be_visible(timeout=LONG_MS)
    await here.open("#/")


async def _tables(turn: Locator) -> list[str]:
    """The titles of the tables beside the text."""
    return await turn.locator("figure.view-table .title").all_inner_texts()


async def test_what_an_answer_tells_in_a_table_stands_there_once(
    browser: Browser, door: Door, usage_file: Path
) -> None:
    person = await door.person()
    async with logged_in(browser, door, person.email) as here:
        await _brought_in(here, usage_file)
        change = await here.answered("Why did my cost change between the last 3 days and the 3 days before?")
        await expect(change.locator(".prose table", has_text="support-chat on gpt-4o")).to_have_count(1)
        await expect(change.locator("figure.view-bars")).to_have_count(1)
        assert await _tables(change) == []
        several = await here.answered("What would I save by batching in the last 7 days?")
        await expect(several.locator(".prose table", has_text="saving in the period")).to_have_count(1)
        assert await _tables(several) == []
        one = await here.answered("What would I save with prompt caching in the last 7 days?")
        await expect(one.locator(".prose")).to_contain_text("Prompt caching would save")
        assert await _tables(one) == ["Where prompt caching saves"], "its text has no table"
