"""What a question is about, by its words and by the names in the data."""

import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.agents.builtin import followups, optimization, supposed, words
from netra.agents.builtin.analyst import understand as said
from netra.agents.builtin.dates import READERS
from netra.agents.builtin.followups import understand
from netra.agents.builtin.intent import READ
from netra.agents.builtin.names import MODEL_LIKE, QUOTED, match
from netra.analytics.own import NAMED

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WORKLOADS = ("code", "conv", "support-chat", "batch_jobs")
MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "o3")


@pytest.mark.parametrize(
    ("question", "topics", "group"),
    [
        ("What did each model cost last week?", {"cost"}, "model"),
        ("How much did we spend yesterday?", {"cost"}, None),
        ("Which workload is the most expensive?", {"cost"}, "workload"),
        ("cost per day in November", {"cost", "trend"}, "day"),
        ("What is the p95 latency of conv?", {"latency"}, None),
        ("Which is the slowest model?", {"latency"}, "model"),
        ("How much did failures cost?", {"failure_cost"}, None),
        ("What did we spend on failed requests by model?", {"failure_cost"}, "model"),
        ("What did the errors cost yesterday?", {"failure_cost"}, None),
        ("How much do we waste on errors?", {"failure_cost"}, None),
        ("Show cost and errors by model", {"cost", "errors"}, "model"),
        ("Show cost, latency and errors by model", {"cost", "latency", "errors"}, "model"),
        ("What is the cost per request of each model?", {"cost"}, "model"),
        ("How many tokens did code use on 2023-11-16?", {"tokens"}, None),
        ("How many requests per hour?", {"requests", "trend"}, None),
        ("What changed since last week?", {"change"}, None),
        ("Why did costs go up this week?", {"cost", "change"}, None),
        ("What drove the increase in tokens?", {"tokens", "change"}, None),
        ("Were there any anomalies or spikes in latency?", {"latency", "anomalies"}, None),
        ("How many requests failed?", {"requests", "errors"}, None),
        ("Give me an overview", {"overview"}, None),
        ("What data do you have?", {"overview"}, None),
        ("How is conv doing?", {"overview"}, None),
        ("Show the usage trend over time", {"requests", "trend"}, None),
        ("Compare the cost of gpt-4o and claude-sonnet-4-5", {"cost"}, None),
    ],
)
def test_topics_and_group_are_those_of_the_words(question: str, topics: set[str], group: str | None) -> None:
    intent = understand(question, NOW)
    assert (set(intent.topics), intent.group) == (topics, group)
    assert intent.needs_data
    assert said(question).in_field


@pytest.mark.parametrize(
    ("question", "standing", "topics", "group"),
    [
        ("Which is the slowest model?", None, {"latency"}, "model"),
        ("Which is the most expensive model?", None, {"cost"}, "model"),
        ("What is our biggest workload?", None, {"requests"}, "workload"),
        ("What did the slowest model cost last week?", "slowest model", {"cost"}, None),
        ("How many requests of the largest workload failed?", "biggest workload", {"requests", "errors"}, None),
        ("How many tokens does the most expensive model use by workload?", "costliest model", {"tokens"}, "workload"),
        ("Is the slowest model the most expensive model?", None, {"cost", "latency"}, "model"),
        ("What if the slowest model moved to gpt-4o-mini?", "slowest model", {"what_if"}, None),
    ],
)
def test_whom_only_the_data_settles_is_told_from_the_question_who_it_is(
    question: str, standing: str | None, topics: set[str], group: str | None
) -> None:
    intent = understand(question, NOW)
    assert (intent.standing, set(intent.topics), intent.group) == (standing, topics, group)


def test_a_follow_up_is_about_the_same_one_unless_it_names_another() -> None:
    first = "What did the slowest model cost?"
    assert understand("And last week?", NOW, [first]).standing == "slowest model"
    assert understand("And gpt-4o?", NOW, [first]).standing is None
    assert understand("How many requests failed?", NOW, [first]).standing is None


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("What is the cost per request?", True),
        ("How much do we pay for each request of chat?", True),
        ("What does an average request cost?", True),
        ("What does a single call cost by model?", True),
        ("What did we spend per day?", False),
        ("cost and requests by model", False),
    ],
)
def test_what_one_request_costs_is_asked_in_many_words(question: str, *, asked: bool) -> None:
    assert bool(words.PER_REQUEST.search(question)) is asked


@pytest.mark.parametrize(
    "question",
    ["Hello!", "What is the weather today?", "Write a poem", "Why is the sky blue?", "", "?", "Who are you", "2+2"],
)
def test_what_usage_data_cannot_answer_is_said_to_be_outside(question: str) -> None:
    assert not understand(question, NOW).needs_data
    assert not said(question).in_field


@pytest.mark.parametrize(
    ("question", "workloads", "models"),
    [
        ("cost of gpt-4o-mini", (), ("gpt-4o-mini",)),
        ("cost of gpt-4o and gpt-4o-mini", (), ("gpt-4o", "gpt-4o-mini")),
        ("cost of GPT 4o", (), ("gpt-4o",)),
        ("tokens of Support Chat and batch-jobs", ("batch_jobs", "support-chat"), ()),
        ("is conv slower than code?", ("code", "conv"), ()),
        ("conversion codes", (), ()),
        ("what did o3 cost", (), ("o3",)),
    ],
)
def test_names_are_found_as_the_data_spells_them(
    question: str, workloads: tuple[str, ...], models: tuple[str, ...]
) -> None:
    named = match(question, WORKLOADS, MODELS)
    assert (named.workloads, named.models, named.unknown_models) == (workloads, models, ())


@pytest.mark.parametrize(
    ("question", "models", "workloads"),
    [
        ("cost of claude-opus-9 please", ("claude-opus-9",), ()),
        ("cost of gpt-5.", ("gpt-5",), ()),
        ("cost of “night shift”", (), ("night shift",)),
        ("cost of conv", (), ()),
    ],
)
def test_names_that_are_not_there_are_kept_apart(
    question: str, models: tuple[str, ...], workloads: tuple[str, ...]
) -> None:
    named = match(question, WORKLOADS, MODELS)
    assert (named.unknown_models, named.unknown_workloads) == (models, workloads)


@given(question=st.text(max_size=120), names=st.lists(st.text(min_size=1, max_size=12), max_size=4))
def test_any_question_and_any_names_are_read_without_failing(question: str, names: list[str]) -> None:
    understand(question, NOW)
    named = match(question, names, names)
    assert set(named.workloads) | set(named.models) <= set(names)


@given(name=st.from_regex(r"[a-z][a-z0-9]{0,8}([-_.][a-z0-9]{1,5}){0,2}", fullmatch=True))
def test_a_name_in_a_sentence_is_always_found(name: str) -> None:
    assert match(f"What did {name} cost?", [], [name]).models == (name,)


PATTERNS = (
    *words.TOPICS.values(),
    *words.GROUPS.values(),
    *words.STEPS.values(),
    words.COMPARE,
    words.PER_REQUEST,
    words.ADVICE,
    words.MOVEMENT,
    words.SO_MUCH,
    words.EVERYTHING,
    *words.STANDINGS.values(),
    words.GREETING,
    words.FIELD,
    words.SET_BUDGET,
    words.AMOUNT,
    words.BARE_AMOUNT,
    words.PERCENT,
    words.HORIZON,
    followups.GOES_ON,
    followups.NARROWS,
    followups.REFERS,
    followups.REPLACES,
    optimization.GOAL,
    *supposed.KINDS.values(),
    supposed.CAP,
    supposed.HITS,
    supposed.SHARE_WORDS,
    MODEL_LIKE,
    QUOTED,
    NAMED,
    *(pattern for pattern, _ in READERS),
)
HOSTILE = (
    "select from ",
    "set budget ",
    "how is ",
    "gpt.",
    "est ",
    "by a",
    "netra ",
    "“",
    "2023-11-16 ",
    "last few ",
    "1 jan ",
    "in may ",
    "a",
    " ",
    "1",
)
LENGTH = 8_000


def seconds(pattern: re.Pattern[str], text: str) -> float:
    def once() -> float:
        began = time.process_time()
        for _ in pattern.finditer(text):
            pass
        return time.process_time() - began

    return min(once() for _ in range(3))


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_pattern_takes_more_than_a_length_in_proportion(piece: str) -> None:
    short = piece * (LENGTH // len(piece))
    for pattern in PATTERNS:
        # Four times the length takes sixteen times as long where a pattern looks back from every place.
        assert seconds(pattern, 4 * short) < 10 * seconds(pattern, short) + 0.01, pattern.pattern


def test_of_a_long_message_the_beginning_is_read_and_that_is_said() -> None:
    question = "what did each model cost? " + "how is " * 9_000 + "tokens and latency"
    intent = understand(question, NOW)
    assert (intent.cut, intent.question, set(intent.topics)) == (True, question[:READ], {"cost"})
    assert f"{READ:,} characters" in said(question).text
    assert f"{READ:,} characters" not in said("what did each model cost?").text
