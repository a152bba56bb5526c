"""The page's files: nothing inline, nothing from elsewhere, no text that becomes markup, small, and complete."""

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import get_args

from netra_doors import Door

from netra.web.landing import Reason
from netra.web.page import IMPORTED, Page, needed_at_once

PAGE = Page(oidc=False)
STATIC = {entry.name: entry.read_text() for entry in (files("netra.web") / "static").iterdir() if entry.is_file()}
MODULES = sorted(name for name in STATIC if name.endswith(".js"))
MOST_BYTES = 300_000
LAZY = re.compile(r"""import\(["']\./([\w.-]+)["']\)""")
IMPORTS = re.compile(r"^import \{([^}]+)\} from \"\./([\w.-]+)\";$", re.MULTILINE)
MARKUP = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "DOMParser",
    "createContextualFragment",
    "srcdoc",
    "eval(",
    "new Function",
    'setTimeout("',
    "javascript:",
)


def test_the_whole_page_is_small() -> None:
    assert len(PAGE.index.packed) + sum(len(a.packed) for a in PAGE.assets.values()) <= MOST_BYTES


def test_no_module_turns_text_into_markup_or_code() -> None:
    assert {name: word for name in MODULES for word in MARKUP if word in STATIC[name]} == {}


def test_every_reason_of_a_failed_log_in_has_a_sentence() -> None:
    assert re.findall(r"^  (\w+): [\"`]", STATIC["landing.js"], re.MULTILINE) == list(get_args(Reason))


def test_every_import_leads_to_a_module_that_exports_it() -> None:
    for name in MODULES:
        assert set(IMPORTED.findall(STATIC[name]) + LAZY.findall(STATIC[name])) <= set(MODULES), name
        for word, _, source in imported(STATIC[name]):
            exported = rf"export (?:async )?(?:const|function|class) {word}\b"
            assert re.search(exported, STATIC[source]), f"{name}: {word} from {source}"


def test_every_name_that_a_module_imports_is_used() -> None:
    for name in MODULES:
        for _, known_as, _ in imported(STATIC[name]):
            assert len(re.findall(rf"\b{known_as}\b", STATIC[name])) > 1, f"{name}: {known_as}"


def imported(text: str) -> Iterator[tuple[str, str, str]]:
    """Each imported name, what it is called here, and the module that it comes from."""
    for names, source in IMPORTS.findall(text):
        for word in names.split(","):
            name, _, known_as = word.strip().partition(" as ")
            yield name, known_as or name, source


def test_every_module_is_reached_and_the_first_view_loads_only_its_own() -> None:
    contents = {name: text.encode() for name, text in STATIC.items()}
    at_once = needed_at_once(contents)
    assert at_once[0] == "app.js"
    assert {"chat.js", "markdown.js", "socket.js"} <= set(at_once)
    assert {"settings.js", "operator.js", "usage.js", "data.js"}.isdisjoint(at_once)
    later = {found for name in MODULES for found in LAZY.findall(STATIC[name])}
    waiting = set(later)
    while waiting:
        found = set(IMPORTED.findall(STATIC[waiting.pop()])) - later
        later |= found
        waiting |= found
    assert {*at_once, *later, "theme.js"} == set(MODULES)


def test_the_index_names_every_file_by_the_version_and_holds_nothing_inline() -> None:
    index = PAGE.index.body.decode()
    assert "{{" not in index
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|style=|javascript:|https?://", index) == []
    for address in re.findall(r'(?:href|src)="([^"]+)"', index):
        static, version, name = address.removeprefix("/").split("/")
        assert (static, version) == ("static", PAGE.version)
        assert name in PAGE.assets


def test_the_log_in_offers_an_identity_provider_only_where_there_is_one() -> None:
    assert 'data-oidc="no"' in PAGE.index.body.decode()
    assert 'data-oidc="yes"' in Page(oidc=True).index.body.decode()


def test_nothing_is_fetched_from_elsewhere() -> None:
    for name, text in STATIC.items():
        addresses = set(re.findall(r"https?://[\w.-]+", text)) - {"http://www.w3.org"}
        assert addresses == set(), name
        assert "@import" not in text, name
        assert "url(" not in text, name


async def test_the_page_comes_packed_under_its_policy_and_stays_where_it_was_put(door: Door) -> None:
    index = await door.http.get("/")
    policy = index.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert index.headers["X-Content-Type-Options"] == "nosniff"
    assert (index.headers["Cache-Control"], index.headers["Content-Encoding"]) == ("no-cache", "gzip")
    again = await door.http.get("/", headers={"If-None-Match": index.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    address = re.findall(r'src="(/static/[^"]+/app\.js)"', index.text)[0]
    module = await door.http.get(address)
    assert module.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in module.headers["Cache-Control"]
    older = await door.http.get("/static/of-another-version/app.js")
    assert (older.status_code, older.headers["Cache-Control"]) == (200, "no-store")
    missing = await door.http.get("/static/x/nothing.js")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    assert (await door.http.head("/")).status_code == 200
