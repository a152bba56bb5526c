"""Numbers of an answer: in order of appearance, each with its call, and none that no tool produced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.agents.builtin.figures import Figures, UnbackedNumberError, name, quoted, written
from netra.agents.findings import Finding

FOUND = Finding(call_id="data-1", tool="cost_breakdown", arguments={}, status="ok")
OTHER = Finding(call_id="data-2", tool="what_if", arguments={}, status="ok")


def test_numbers_stand_in_the_order_of_the_text_whatever_was_said_first() -> None:
    figures = Figures()
    last = figures.say(FOUND, "requests", 1234, "requests")
    first = figures.say(OTHER, "saving", 12.5, "USD")
    text, numbers = figures.finish(f"It saves {first} on {last} requests, {first} in all.")
    assert text == "It saves $12.5000 on 1,234 requests, $12.5000 in all."
    assert [(n.text, n.call_id) for n in numbers] == [
        ("$12.5000", "data-2"),
        ("1,234", "data-1"),
        ("$12.5000", "data-2"),
    ]


def test_what_was_said_and_is_not_in_the_text_is_no_number_of_it() -> None:
    figures = Figures()
    figures.say(FOUND, "requests", 7)
    assert figures.finish("Nothing.").numbers == ()


@pytest.mark.parametrize("text", ["About 20 % less", "It was $5.", "in 3 steps", "twice 1,000", "42"])
def test_a_number_that_no_tool_produced_is_refused(text: str) -> None:
    with pytest.raises(UnbackedNumberError) as refused:
        Figures().finish(text)
    assert refused.value.code == "unbacked_number"


@pytest.mark.parametrize(
    "text", ["`gpt-4o` on 2026-11-22 07:30 UTC", "your “20 %”", "p95 in 2026-11", "“May” is taken as that of 2026."]
)
def test_names_quotes_and_dates_are_no_numbers(text: str) -> None:
    assert Figures().finish(text) == (text, ())


def test_sentences_of_a_tool_keep_their_figures_as_the_tools() -> None:
    figures = Figures()
    text, numbers = figures.finish(figures.prose(OTHER, "assumption", "80 % find it, give or take 20 points."))
    assert text == "80 % find it, give or take 20 points."
    assert [(n.value, n.call_id) for n in numbers] == [(80, "data-2"), (20, "data-2")]


@given(forged=st.text(alphabet="\ue000\ue001\ue0025 x`”", max_size=20))
def test_no_name_out_of_the_data_can_pass_for_a_number(forged: str) -> None:
    for text in (name(forged), quoted(forged)):
        assert Figures().finish(text).numbers == ()


@given(value=st.floats(min_value=-1e12, max_value=1e12))
def test_every_amount_is_written_as_one_number(value: float) -> None:
    figures = Figures()
    text, numbers = figures.finish(figures.say(FOUND, "cost", value, "USD"))
    assert [n.value for n in numbers] == [value]
    assert text == written(value, "USD")
    assert figures.finish(figures.about(FOUND, "cost", value)).numbers[0].value == value
