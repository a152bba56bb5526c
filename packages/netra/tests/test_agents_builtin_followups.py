"""What a question leans on, what it supposes and what it orders: read from words alone."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.agents.builtin.actions import ordered
from netra.agents.builtin.analyst import understand as told
from netra.agents.builtin.followups import understand
from netra.agents.builtin.optimization import goal_pct
from netra.agents.builtin.supposed import suppose
from netra.agents.builtin.words import amount, horizon_days

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MODELS = ("gpt-4o-mini", "gpt-4o", "claude-sonnet-4-5", "gemini-2.5-flash")
COST = "What did support-chat cost last week?"


@pytest.mark.parametrize(
    ("before", "question", "topics", "periods", "leans"),
    [
        ([COST], "and yesterday?", {"cost"}, ["yesterday"], True),
        ([COST], "same for gpt-4o", {"cost"}, ["last week"], True),
        ([COST], "and how many tokens?", {"tokens"}, ["last week"], True),
        ([COST], "only for code-review", {"cost"}, ["last week"], True),
        ([COST], "by model", {"cost"}, ["last week"], True),
        ([COST], "How many requests failed yesterday?", {"requests", "errors"}, ["yesterday"], False),
        ([COST], "What is the weather?", set[str](), list[str](), False),
        ([COST, "thanks a lot"], "and yesterday?", {"cost"}, ["yesterday"], True),
        ([COST, "and yesterday?"], "what about code-review?", {"cost"}, ["yesterday"], True),
        ([], "and yesterday?", set[str](), ["yesterday"], False),
    ],
)
def test_a_follow_up_takes_what_it_leaves_open_from_before(
    before: list[str], question: str, topics: set[str], periods: list[str], *, leans: bool
) -> None:
    intent = understand(question, NOW, before)
    assert (set(intent.topics), [when.label for when in intent.when], bool(intent.earlier)) == (topics, periods, leans)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "What if we moved 50 % of gpt-4o to gpt-4o-mini?",
            {"kind": "move_share", "from_model": "gpt-4o", "to_model": "gpt-4o-mini", "share_pct": 50.0},
        ),
        (
            "what if we used gpt-4o-mini instead of gpt-4o",
            {"kind": "move_share", "from_model": "gpt-4o", "to_model": "gpt-4o-mini"},
        ),
        (
            "What if half of claude-sonnet-4-5 went to claude-haiku-4-5?",
            {
                "kind": "move_share",
                "from_model": "claude-sonnet-4-5",
                "to_model": "claude-haiku-4-5",
                "share_pct": 50.0,
            },
        ),
        (
            "What if we route easy requests from gpt-4o to something smaller?",
            {"kind": "route_by_difficulty", "from_model": "gpt-4o", "to_model": "gpt-4o-mini"},
        ),
        (
            "What would caching save for claude-sonnet-4-5 at 60 % hit rate?",
            {"kind": "prompt_caching", "from_model": "claude-sonnet-4-5", "hit_rate_pct": 60.0},
        ),
        ("What if we batched 30 % overnight?", {"kind": "batching", "share_pct": 30.0}),
        ("What if we capped outputs at 1,200 tokens?", {"kind": "output_cap", "max_output_tokens": 1200}),
        ("What if pigs could fly?", None),
        ("What if we capped outputs?", None),
    ],
)
def test_a_supposition_is_read_with_its_kind_share_and_models(
    question: str, expected: dict[str, object] | None
) -> None:
    assert understand(question, NOW).topics == ("what_if",)
    found = suppose([question], MODELS)
    assert found.arguments == expected
    assert expected is not None or found.notes, "what is missing is said"


def test_a_supposition_goes_on_from_the_one_before() -> None:
    found = suppose(["and 80 %?", "What if we moved half of gpt-4o to gpt-4o-mini?"], MODELS)
    assert found.arguments == {
        "kind": "move_share",
        "from_model": "gpt-4o",
        "to_model": "gpt-4o-mini",
        "share_pct": 80.0,
    }


@pytest.mark.parametrize(
    ("question", "usd"),
    [
        ("Set my monthly budget to $500", 500.0),
        ("please raise the budget to 1,250 dollars", 1250.0),
        ("set the budget to 750", 750.0),
        ("I want to lower our budget to $2k", 2000.0),
    ],
)
def test_an_order_to_set_a_budget_is_one_call_with_an_effect(question: str, usd: float) -> None:
    found = ordered(understand(question, NOW))
    assert found
    assert (found[0].tool, found[0].arguments) == ("set_budget", {"monthly_usd": usd})
    assert told(question).wants == "change"


@pytest.mark.parametrize(
    "question",
    [
        "Are we within the budget of $500?",
        "Did the cost increase exceed the budget of $500?",
        "What would change if the budget were $500?",
        "How much of the budget is left?",
        "Is our budget set to $500?",
    ],
)
def test_a_question_about_a_budget_orders_nothing(question: str) -> None:
    assert ordered(understand(question, NOW)) is None
    assert told(question).wants != "change"


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        ("How can we cut cost by 20 %?", "advice"),
        ("Optimize my AI workloads", "advice"),
        ("What did it cost?", "figures"),
        ("What would we save with prompt caching?", "figures"),
        ("Should I buy a car?", "nothing"),
        ("Hello", "nothing"),
    ],
)
def test_what_is_wanted_decides_the_course(question: str, wants: str) -> None:
    assert told(question, NOW).wants == wants


@pytest.mark.parametrize(
    ("question", "topics"),
    [
        ("Why is my bill so high?", {"cost"}),
        ("Which workload grew the most?", {"change"}),
        ("Which model is cheapest?", {"cost", "models"}),
        ("What would it cost to run everything on claude-haiku-4-5?", {"models"}),
        ("How can I make support-chat faster?", {"latency", "models", "correlation"}),
        ("Is gpt-4o worth it?", {"overview"}),
        ("What happens if traffic doubles?", {"what_if"}),
        ("Compare gpt-4o with gpt-4o-mini", {"models"}),
    ],
)
def test_what_people_ask_is_read_as_they_mean_it(question: str, topics: set[str]) -> None:
    assert set(understand(question, NOW).topics) == topics


def test_goals_amounts_and_horizons_are_read() -> None:
    assert goal_pct("How can we cut cost by 20 % this month?") == 20
    assert goal_pct("How can we cut cost?") is None
    assert amount("a budget of $1,234.50 a month") == 1234.5
    assert horizon_days("for the next 2 weeks") == 14
    assert horizon_days("next quarter") == 91
    assert horizon_days("last week") is None


@given(question=st.text(max_size=80), before=st.lists(st.text(max_size=80), max_size=4))
def test_any_words_after_any_others_are_read_without_failing(question: str, before: list[str]) -> None:
    intent = understand(question, NOW, before)
    suppose(intent.texts, MODELS)
    told(question, NOW, before)
