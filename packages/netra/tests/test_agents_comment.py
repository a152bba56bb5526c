"""What a model may say about a report: whole sentences whose every number the report shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.agents.builtin.numbers import Number
from netra.agents.comment import Comment
from netra.agents.facts import Facts, finished, sentences

REPORT = "Period: 2026-11-09 to 2026-11-16.\n\n**Cost: $29.66** for 6,130 requests."
NUMBERS = [
    Number(name="cost", value=29.663012, unit="USD", tool="cost_breakdown", call_id="data-2", text="$29.6630"),
    Number(name="requests", value=6130, unit="requests", tool="cost_breakdown", call_id="data-2", text="6,130"),
]
FACTS = Facts(NUMBERS, REPORT)


@pytest.mark.parametrize(
    "sentence",
    [
        "The cost was $29.66 for 6,130 requests.",
        "It was 29.7 dollars.",
        "About $30 in all.",
        "Between 2026-11-09 and 2026-11-16 it was quiet.",
        "Most of it is one model.",
        "There are 6130 requests.",
    ],
)
def test_figures_of_the_report_may_be_used_and_rounded(sentence: str) -> None:
    assert FACTS.support(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The cost was $31.",
        "It rose by 12 %.",
        "It cost 29.65 dollars.",
        "Three models were used.",
        "The cost doubled.",
        "Since 2026-11-08 it was quiet.",
        "In 2026 it was quiet.",
        "61,300 requests were made.",
    ],
)
def test_a_number_that_no_tool_produced_is_not_supported(sentence: str) -> None:
    assert not FACTS.support(sentence)


@given(st.text(alphabet=st.sampled_from("ab.!? \n5"), max_size=60))
def test_sentences_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text


@given(
    st.lists(st.sampled_from(["It cost $29.66. ", "It cost $31. ", "Fine! ", "v3.5 is new. ", "and "]), max_size=8),
    st.data(),
)
def test_however_the_text_is_cut_the_same_sentences_come_through(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    whole = Comment(FACTS)
    at_once = [*whole.take(text), *whole.end()]
    piecemeal = Comment(FACTS)
    said: list[str] = []
    while text:
        cut = data.draw(st.integers(1, len(text)))
        said += piecemeal.take(text[:cut])
        text = text[cut:]
    said += piecemeal.end()
    assert "".join(said) == "".join(at_once)
    assert piecemeal.withheld == whole.withheld
    assert not any("31" in sentence for sentence in said)


def test_an_unfinished_sentence_is_not_said() -> None:
    comment = Comment(FACTS)
    assert comment.take("It was quiet. The cost is mostly") == ["It was quiet. "]
    assert comment.end() == []
    assert comment.withheld == 0
    assert not finished("The cost is mostly")
