"""A real Chromium before a real `netra web`: tabs that notice every error, foreign request and broken policy."""

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from netra_doors import PASSWORD, Door
from playwright.async_api import Browser, BrowserContext, Locator, Page, Request, async_playwright, expect

WIDE, NARROW = 1440, 360
HEIGHT = 900
LONG_MS = 30_000
"""What waits for a run, on a busy machine."""
Scheme = Literal["light", "dark"]


class Look(NamedTuple):
    """How a window is."""

    width: int = WIDE
    scheme: Scheme = "light"
    bypass_policy: bool = False
    """For a tool that puts its own program into the page."""


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    """The system's browser."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "these tests need a browser: apt-get install chromium"
    async with async_playwright() as playwright:
        # Containers give the browser's own sandbox no name spaces to build with.
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        await browser.close()


@dataclass(kw_only=True)
class Tab:
    """One tab, and what went wrong in it."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list[str])

    async def open(self, place: str = "") -> None:
        await self.page.goto(f"{self.address}/{place}")

    async def log_in(self, email: str) -> None:
        await self.page.get_by_label("Email").fill(email)
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.page.get_by_role("button", name="Log in", exact=True).click()
        await expect(self.composer).to_be_visible()

    @property
    def composer(self) -> Locator:
        return self.page.get_by_label("Your question")

    @property
    def turns(self) -> Locator:
        return self.page.locator(".turn")

    async def ask(self, question: str) -> Locator:
        """Ask, and answer the turn that begins."""
        before = await self.turns.count()
        await self.composer.fill(question)
        await self.composer.press("Enter")
        turn = self.turns.nth(before)
        await expect(turn).to_be_visible()
        return turn

    async def answered(self, question: str) -> Locator:
        """Ask, and wait for the end of the answer."""
        turn = await self.ask(question)
        await until_answered(turn)
        return turn

    async def thread(self) -> str:
        """The address of the thread that is open."""
        await self.page.wait_for_function("location.hash.startsWith('#/t/')")
        return await self.page.evaluate("location.hash")


async def until_answered(turn: Locator) -> None:
    await expect(turn.locator(".timeline .headline")).to_contain_text("Answered", timeout=LONG_MS)


@asynccontextmanager
async def window(browser: Browser, look: Look | None = None) -> AsyncGenerator[BrowserContext]:
    """A window of its own, with no cookie."""
    look = look or Look()
    context = await browser.new_context(
        viewport={"width": look.width, "height": HEIGHT},
        color_scheme=look.scheme,
        bypass_csp=look.bypass_policy,
        accept_downloads=True,
        reduced_motion="reduce",
    )
    try:
        yield context
    finally:
        await context.close()


async def tab(context: BrowserContext, door: Door) -> Tab:
    """A tab that writes down what goes wrong."""
    page = await context.new_page()
    opened = Tab(page=page, address=door.address)

    def foreign(request: Request) -> None:
        if not request.url.startswith((door.address, "blob:", "data:")):
            opened.wrong.append(f"asked {request.url}")

    page.on("pageerror", lambda error: opened.wrong.append(f"error: {error.message}"))
    page.on("dialog", lambda dialog: opened.wrong.append(f"dialog: {dialog.message}"))
    page.on("request", foreign)
    page.on("console", lambda told: opened.wrong.append(told.text) if "Security Policy" in told.text else None)
    return opened


@asynccontextmanager
async def logged_in(browser: Browser, door: Door, email: str, look: Look | None = None) -> AsyncGenerator[Tab]:
    """A tab in a window of its own, logged in; nothing may have gone wrong in it at the end."""
    async with window(browser, look) as context:
        opened = await tab(context, door)
        await opened.open()
        await opened.log_in(email)
        yield opened
        assert opened.wrong == []
