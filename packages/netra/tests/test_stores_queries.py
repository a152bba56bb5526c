import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra.errors import StartupError
from netra.stores.queries import load, parse

names = st.from_regex(r"[a-z][a-z_]{0,15}", fullmatch=True)
words = st.from_regex(r"[a-z][a-z ]{0,20}", fullmatch=True).map(str.strip)


@settings(max_examples=40)
@given(st.dictionaries(names, st.tuples(words, words), min_size=1))
def test_every_block_is_found_under_its_name(blocks: dict[str, tuple[str, str]]) -> None:
    text = "\n".join(f"-- name: {name}\n-- {said}.\n{sql};\n" for name, (said, sql) in blocks.items())
    found = parse(text, source="here")
    assert dict(found) == {name: sql for name, (_, sql) in blocks.items()}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("-- name: a\nselect 1;", "has no sentence"),
        ("-- name: a\n-- One.\n", "is empty"),
        ("-- name: a\n-- One.\nselect 1;\n-- name: a\n-- Two.\nselect 2;", "is there twice"),
    ],
)
def test_a_block_that_breaks_the_rules_is_named(text: str, complaint: str) -> None:
    with pytest.raises(StartupError, match=f"'a' {complaint}") as caught:
        parse(text, source="somewhere.sql")
    assert caught.value.where == "somewhere.sql"


def test_a_missing_query_is_named_with_its_file() -> None:
    queries = load("netra.stores", "sql/migrations.sql")
    with pytest.raises(StartupError, match="no query named 'nope'") as caught:
        _ = queries["nope"]
    assert caught.value.where == "netra.stores:sql/migrations.sql"
