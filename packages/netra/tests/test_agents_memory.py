"""What is remembered of a long conversation: whole turns, newest first, within a budget, and no invented figure."""

from hypothesis import given
from hypothesis import strategies as st

from netra.agents.memory import BUDGET_TOKENS, DIGEST_TOKENS, Remembered, faithful, fold, recall, tokens

TEXT = st.text(max_size=400)


@st.composite
def conversations(draw: st.DrawFn) -> list[Remembered]:
    messages: list[Remembered] = []
    for turn in range(1, draw(st.integers(0, 12)) + 1):
        messages.append(Remembered(role="user", content=draw(TEXT), turn=turn))
        if draw(st.booleans()):
            messages.append(Remembered(role="assistant", content=draw(TEXT), turn=turn))
    return messages


@given(conversations(), st.integers(1, 400))
def test_the_newest_turns_are_kept_whole_and_the_others_are_folded(messages: list[Remembered], budget: int) -> None:
    memory = recall(messages, budget=budget)
    assert len(memory.folded) + len(memory.history) == len(messages)
    assert list(memory.folded) == messages[: len(memory.folded)]
    assert [said.role for said in memory.history] == [message.role for message in messages[len(memory.folded) :]]
    last_turns = {message.turn for message in messages[len(memory.folded) :]}
    assert not last_turns & {message.turn for message in memory.folded}
    if len(last_turns) > 1:
        assert sum(tokens(said.content) for said in memory.history) <= budget
    assert memory.through == max((message.turn for message in memory.folded), default=0)


@given(conversations(), TEXT)
def test_folding_in_two_parts_is_folding_at_once_while_there_is_room(messages: list[Remembered], digest: str) -> None:
    cut = next((i for i, m in enumerate(messages) if m.turn > len(messages) // 3), len(messages))
    once = fold("", messages)
    if tokens(once) < DIGEST_TOKENS // 2:
        assert fold(fold("", messages[:cut]), messages[cut:]) == once
    assert tokens(fold(digest, messages)) <= DIGEST_TOKENS


def test_a_short_conversation_is_remembered_as_it_was() -> None:
    messages = [
        Remembered(role="user", content="what did gpt-4o cost?", turn=3),
        Remembered(role="assistant", content="It cost $4.20.", turn=3),
    ]
    memory = recall(messages)
    assert [said.content for said in memory.history] == ["what did gpt-4o cost?", "It cost $4.20."]
    assert (memory.digest, memory.through) == ("", 0)


def test_what_does_not_fit_is_named_in_the_digest() -> None:
    old = [
        Remembered(role="user", content="and last week for the search workload?", turn=1),
        Remembered(role="assistant", content="It cost\n$12.50 " + "x" * 1000, turn=1),
    ]
    new = [Remembered(role="user", content="y" * 4 * BUDGET_TOKENS, turn=2)]
    memory = recall([*old, *new], "- Asked: hello")
    assert memory.digest.splitlines()[0] == "- Asked: hello"
    assert "search workload" in memory.digest
    assert "$12.50" in memory.digest
    assert memory.through == 1


def test_a_summary_with_a_figure_that_nobody_said_is_not_taken() -> None:
    source = "user: what did search cost?\n\nassistant: $12.50 in 3 days"
    assert faithful("Search cost $12.50 in 3 days.", source)
    assert not faithful("Search cost $13.", source)
    assert not faithful("", source)
    assert not faithful("word " * 4 * DIGEST_TOKENS, source)
