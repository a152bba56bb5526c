import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from goldenpath.manifest.logins import MASK
from goldenpath.probes.record import Recorder
from goldenpath.probes.redact import Redactor

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def strings(value: JsonValue) -> list[str]:
    if isinstance(value, dict):
        return [s for k, v in value.items() for s in (k, *strings(v))]
    if isinstance(value, list):
        return [s for v in value for s in strings(v)]
    return [value] if isinstance(value, str) else []


def buried(secret: str, around: str, value: Any) -> Any:
    return {around + secret: [value, {"x": secret * 2}, around + secret + around], "plain": value}


@given(SECRETS, SECRETS, st.text(max_size=20), JSON)
def test_no_secret_is_ever_recorded(secret: str, other: str, around: str, value: Any) -> None:
    recorder = Recorder(secrets=[secret])
    recorder.hide(other)
    seen = recorder.observe(
        probe="edge",
        subject=f"a->b@{secret}",
        name="x",
        value=buried(secret, around, buried(other, around, value)),
        text=f"{around}{secret}{other}{around}\n{secret!r} {json.dumps(other)}",
    )
    recorded = strings(json.loads(seen.model_dump_json()))
    names = {"edge", "x", "goldenpath check"}
    assert not [text for text in recorded if text not in names and (secret in text or other in text)]


@given(SECRETS)
def test_a_secret_with_a_line_break_is_hidden_as_it_is_and_as_it_is_shown(secret: str) -> None:
    dirty = f"{secret}\n"
    hidden = Redactor([dirty]).text(f"{dirty}|{dirty!r}|{json.dumps(dirty)}|{secret}")
    assert secret not in hidden


def test_a_secret_in_an_address_is_hidden_in_its_quoted_form() -> None:
    assert Redactor(["p@ss/word"]).text("http://me:p%40ss%2Fword@host") == f"http://me:{MASK}@host"


def test_words_too_short_to_be_secrets_stay() -> None:
    assert Redactor(["a", "", "dev"]).text("a dev b") == "a dev b"


def test_a_longer_secret_hides_before_a_shorter_one() -> None:
    assert Redactor(["abcd", "abcdefgh"]).text("abcdefgh") == MASK


def test_ids_are_in_order_and_shared_between_revisions() -> None:
    recorder = Recorder("x", revision="r1", start=7)
    other = recorder.at("r2")
    seen = [r.observe(probe="p", subject="s", name="n.ms", value=1) for r in (recorder, other, recorder)]
    assert [(o.id, o.revision, o.unit) for o in seen] == [("x7", "r1", "ms"), ("x8", "r2", "ms"), ("x9", "r1", "ms")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://shop:hunter22@db:5432/shop is refused", f"postgresql://shop:{MASK}@db:5432/shop is refused"),
        ("redis://:p@ss@cache/0", f"redis://:{MASK}@cache/0"),
        ("mysql+x://a:b@[::1]", f"mysql+x://a:{MASK}@[::1]"),
        ("http://host:8000/a@b", "http://host:8000/a@b"),
        ("https://user@host/", "https://user@host/"),
    ],
)
def test_the_password_of_an_address_is_hidden_although_nobody_named_it(text: str, shown: str) -> None:
    assert Redactor().text(text) == shown
