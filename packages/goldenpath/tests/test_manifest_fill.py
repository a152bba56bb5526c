import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from goldenpath.errors import ManifestError
from goldenpath.manifest.fill import fill, fill_json, placeholders


def test_every_placeholder_is_replaced() -> None:
    assert fill("http://h:{port:web}/{state}", {"port:web": "8", "state": "/s"}) == "http://h:8//s"


def test_an_unknown_placeholder_is_an_error_that_names_it_and_the_known_ones() -> None:
    with pytest.raises(ManifestError, match=r"unknown placeholder \{port:wep\}") as caught:
        fill("{port:wep}", {"port:web": "8"})
    assert caught.value.hint == "known here: {port:web}"


def test_other_braces_are_text() -> None:
    assert fill('{"a": {}} {A} {}', {}) == '{"a": {}} {A} {}'


def test_texts_within_json_are_filled() -> None:
    body: dict[str, JsonValue] = {
        "name": "{nonce}",
        "list": ["{nonce}", 3, None, True],
        "{nonce}": {"deep": "x{secret}"},
    }
    filled = fill_json({**body}, {"nonce": "n", "secret": "s"})
    assert filled == {"name": "n", "list": ["n", 3, None, True], "{nonce}": {"deep": "xs"}}


@given(st.dictionaries(st.from_regex(r"[a-z_]+(:[A-Za-z0-9_-]+)?", fullmatch=True), st.text()))
def test_values_are_put_in_as_they_are_and_once(values: dict[str, str]) -> None:
    text = "|".join(f"{{{name}}}" for name in values)
    assert placeholders(text) == tuple(values)
    assert fill(text, values) == "|".join(values.values())
