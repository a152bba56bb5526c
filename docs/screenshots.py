"""Takes the pictures of the page that the guide shows: `uv run python docs/screenshots.py [FOLDER]`.

Starts a netra of its own with a month of generated usage, and looks at it with the system's Chromium.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

FOLDER = Path(__file__).resolve().parent / "images"
NETRA = [sys.executable, "-m", "netra.cli.main"]
EMAIL, PASSWORD = "ada@example.com", "analytical engine"
QUESTION = "What did each workload cost, and how did cost go by day?"
READY_S = 90
WIDE, NARROW = (1280, 860), (360, 760)
Scheme = Literal["light", "dark"]


def main(folder: Path) -> None:
    """Take every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as state, netra(Path(state)) as (address, environ), sync_playwright() as player:
        account(address, environ)
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = player.chromium.launch(executable_path=program, args=["--no-sandbox"])
        wide(browser, address, folder)
        narrow(browser, address, folder)
        browser.close()
    for picture in sorted(folder.glob("page-*.png")):
        print(f"{picture.name}: {picture.stat().st_size // 1000} kB")


@contextmanager
def netra(state: Path) -> Generator[tuple[str, dict[str, str]]]:
    """A whole netra with its state in this folder: its address, and the environment of its commands."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = {**os.environ, "NETRA_STATE_DIR": str(state), "WEB_PORT": str(port)}
    with (state / "up.log").open("wb") as log:
        process = subprocess.Popen([*NETRA, "up"], env=environ, stdout=log, stderr=log)
    try:
        until_ready(process, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}", environ
    finally:
        process.terminate()
        process.wait(30)


def until_ready(process: subprocess.Popen[bytes], address: str) -> None:
    """Wait until requests are taken."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/health/ready", trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit("netra did not start")


def account(address: str, environ: dict[str, str]) -> None:
    """An operator with a month of usage."""
    wish = {"email": EMAIL, "password": PASSWORD, "display_name": "Ada Lovelace"}
    httpx.post(f"{address}/api/auth/register", json=wish, trust_env=False).raise_for_status()
    for command in (["user", "promote", EMAIL], ["data", "generate", "--email", EMAIL]):
        subprocess.run([*NETRA, *command], env=environ, check=True)


def wide(browser: Browser, address: str, folder: Path) -> None:
    """The views at a desk."""
    page = opened(browser, address, WIDE, "light")
    log_in(page)
    for question in ("What changed in cost in the last 12 days, and why?", QUESTION):
        page.get_by_role("link", name="New chat").click()
        ask(page, question)
    page.screenshot(path=folder / "page-answer.png")
    page.locator(".turn .timeline > summary").click()
    page.locator(".call > summary").nth(1).click()
    page.locator(".scroller").evaluate("(scroller) => { scroller.scrollTop = 0; }")
    page.screenshot(path=folder / "page-timeline.png")
    page.locator("button.figure", has_text="$").last.click()
    page.wait_for_timeout(300)
    page.get_by_role("dialog").screenshot(path=folder / "page-source.png")
    page.keyboard.press("Escape")
    for place in ("usage", "data", "operator"):
        page.goto(f"{address}/#/{place}")
        expect(page.locator(".loading")).to_have_count(0)
        page.screenshot(path=folder / f"page-{place}.png")


def narrow(browser: Browser, address: str, folder: Path) -> None:
    """The conversation on a telephone, in the dark."""
    page = opened(browser, address, NARROW, "dark")
    log_in(page)
    ask(page, QUESTION)
    page.screenshot(path=folder / "page-narrow.png")


def opened(browser: Browser, address: str, size: tuple[int, int], scheme: Scheme) -> Page:
    """A new window that shows the log-in."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    return page


def log_in(page: Page) -> None:
    """As the account above."""
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_label("Your question")).to_be_visible()
    expect(page.locator(".loading")).to_have_count(0)


def ask(page: Page, question: str) -> None:
    """Ask, and wait for the whole answer."""
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".turn .headline").last).to_contain_text("Answered", timeout=60_000)
    page.wait_for_timeout(300)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
