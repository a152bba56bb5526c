"""The builtin analyst's reports over real data: every figure traced, every assumption and gap said."""

import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from netra_usage import Usage, event, opened

from netra.agents.builtin.analyst import estimates, next_calls, strategies, write_report
from netra.agents.builtin.report import Report
from netra.agents.builtin.views import Series
from netra.agents.findings import Finding
from netra.analytics.generator import GenerationPlan, generate
from netra.settings.model import Settings

END = datetime(2026, 11, 22, tzinfo=UTC)
NOW = END + timedelta(hours=9)
PLAN = GenerationPlan(end=END, days=28, requests_per_day=150)
EXEMPT = re.compile(r"`[^`]*`|“[^”]*”|\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2} UTC)?|\bp\d\d\b|of \d{4}\.$", re.MULTILINE)
"""Names out of the data, the person's own words, dates, percentile names, the year of an assumption."""
FIGURE = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
QUESTIONS = (
    "What did each model cost last week?",
    "What did support-chat cost per day in the last 10 days?",
    "Which workload is the slowest, and how many requests failed?",
    "How many tokens did code-review use yesterday?",
    "Show requests per hour for the last 3 days",
    "What changed in cost between last week and this week?",
    "Why did latency change?",
    "Any anomalies in cost or latency?",
    "Give me an overview of everything",
    "Compare gpt-4o and gpt-4o-mini by cost and tokens",
    "cost by provider in November",
)


@pytest.fixture(scope="module")
async def usage(settings: Settings) -> AsyncGenerator[Usage]:
    async with opened(settings) as usage:
        yield usage


@pytest.fixture(scope="module")
async def tenant(usage: Usage) -> UUID:
    tenant_id = uuid4()
    unpriced = [event(END - timedelta(days=3, minutes=m), model="in-house-7b", workload="batch") for m in range(50)]
    await usage.put(tenant_id, [*generate(PLAN).events, *unpriced])
    return tenant_id


def untraced(report: Report) -> list[str]:
    """Figures of the text that are not among its numbers."""
    known = {figure for number in report.numbers for figure in FIGURE.findall(number.text)}
    return [figure for figure in FIGURE.findall(EXEMPT.sub(" ", report.text)) if figure not in known]


@pytest.mark.parametrize("question", QUESTIONS)
async def test_every_figure_of_a_report_comes_from_a_call(usage: Usage, tenant: UUID, question: str) -> None:
    report, findings = await usage.answer(tenant, question, NOW)
    calls = {finding.call_id: finding.tool for finding in findings}
    assert report.numbers
    assert untraced(report) == []
    for number in report.numbers:
        assert calls[number.call_id] == number.tool
        assert number.text in report.text.replace("+", "")
    assert report.text.endswith("without a language model; each figure comes from a tool result of this run._")
    assert re.match(r"Periods?( of [^:]*)?: ", report.text), "a report begins with its period"


async def test_advice_ranks_what_it_estimated_and_says_what_each_saving_assumes(usage: Usage, tenant: UUID) -> None:
    question = "How can we cut cost by 5 %?"
    _, findings = await usage.answer(tenant, question, NOW)
    while planned := estimates(findings):
        for call in planned:
            result = (await usage.call(tenant, call.tool, **call.arguments)).model_dump(mode="json")
            findings.append(
                Finding(
                    call_id=f"o{len(findings)}", tool=call.tool, arguments=call.arguments, status="ok", result=result
                )
            )
    report = write_report(question, NOW, findings)
    assert untraced(report) == []
    found = strategies(findings)
    savings = [float(str(strategy["saving_usd"])) for strategy in found if isinstance(strategy, dict)]
    assert len(savings) >= 3
    assert savings == sorted(savings, reverse=True)
    assert report.text.count("Assumed:") >= len(savings)
    assert report.text.count("Risk to quality:") == len(savings)
    assert "“5 %”" in report.text
    assert {view.call_id for view in report.views} <= {finding.call_id for finding in findings}


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("What did each model cost?", ["bars", "table"]),
        ("Cost per day in the last 10 days", ["series", "table", "series", "series"]),
        ("Forecast the next 7 days", ["series"]),
        ("Why did cost change this week?", ["bars", "table"]),
    ],
)
async def test_what_can_be_drawn_stands_beside_the_answer(
    usage: Usage, tenant: UUID, question: str, kinds: list[str]
) -> None:
    report, findings = await usage.answer(tenant, question, NOW)
    assert [view.kind for view in report.views] == kinds
    assert {view.call_id for view in report.views} <= {finding.call_id for finding in findings}
    forecasts = [view for view in report.views if isinstance(view, Series) and view.band]
    assert all(low <= high for view in forecasts for _, low, high in view.band or ())


async def test_a_follow_up_is_about_what_was_named_before(usage: Usage, tenant: UUID) -> None:
    before = ["What did support-chat cost from 2026-11-02 to 2026-11-08?"]
    report, _ = await usage.answer(tenant, "and by day from 2026-11-09 to 2026-11-15?", NOW, before)
    week = [
        e for e in generate(PLAN).events if e.workload == "support-chat" and 9 <= e.at.day <= 15 and e.at.month == 11
    ]
    values = {number.name: number.value for number in report.numbers}
    assert values["cost"] == float(sum((e.cost_usd or Decimal(0) for e in week), Decimal(0)))
    assert "Read as going on from “What did support-chat cost" in report.text


async def test_equal_findings_give_an_equal_report(usage: Usage, tenant: UUID) -> None:
    report, findings = await usage.answer(tenant, QUESTIONS[5], NOW)
    again = [Finding.model_validate_json(finding.model_dump_json()) for finding in findings]
    assert write_report(QUESTIONS[5], NOW, again) == report
    assert next_calls(QUESTIONS[5], NOW, again) == ()


async def test_a_cost_is_exactly_the_sum_of_the_events(usage: Usage, tenant: UUID) -> None:
    report, _ = await usage.answer(tenant, "cost by model from 2026-11-09 to 2026-11-15", NOW)
    week = [
        e
        for e in generate(PLAN).events
        if datetime(2026, 11, 9, tzinfo=UTC) <= e.at < datetime(2026, 11, 16, tzinfo=UTC)
    ]
    values = {number.name: number.value for number in report.numbers}
    assert values["cost"] == float(sum((e.cost_usd or Decimal(0) for e in week), Decimal(0)))
    for model in {e.model for e in week}:
        assert values[f"requests[{model}]"] == sum(e.model == model for e in week)


async def test_the_generated_jump_is_named_first_with_its_reason(usage: Usage, tenant: UUID) -> None:
    truth = generate(PLAN).truth
    before = truth.at - timedelta(days=7)
    after = truth.at + timedelta(days=6)
    question = f"Why did cost rise from {before:%Y-%m-%d} to {truth.at - timedelta(days=1):%Y-%m-%d} versus "
    report, _ = await usage.answer(tenant, f"{question}{truth.at:%Y-%m-%d} to {after:%Y-%m-%d}?", NOW)
    drivers = report.text[report.text.index("| driver |") :].splitlines()
    assert drivers[2].startswith("| `support-chat` on `gpt-4o` |")
    numbers = {n.name: n.value for n in report.numbers if n.tool == "change_drivers"}
    reasons = {name: numbers[f"contribution[{name}]"] for name in ("volume", "mix", "size", "price")}
    assert max(reasons, key=lambda name: reasons[name]) == "mix"
    assert sum(reasons.values()) == pytest.approx(numbers["change"])


async def test_unpriced_requests_are_said_and_not_taken_as_free(usage: Usage, tenant: UUID) -> None:
    report, _ = await usage.answer(tenant, "What did each workload cost?", NOW)
    assert "50 requests have no known price and are in no cost above; they did not cost nothing." in report.text
    row = next(line for line in report.text.splitlines() if line.startswith("| `batch`"))
    assert row == "| `batch` | n/a | n/a | 50 | 50 |"


@pytest.mark.parametrize(
    ("days", "verdict", "concludes"),
    [
        (9, "Data sufficiency: 90 %", True),
        (6, "**The data is incomplete** (sufficiency 60 %)", True),
        (2, "**The data is not enough for a conclusion** (sufficiency 20 %)", False),
    ],
)
async def test_short_data_is_said_with_what_is_missing(
    usage: Usage, days: int, verdict: str, *, concludes: bool
) -> None:
    tenant_id = uuid4()
    hours = [END - timedelta(days=1, hours=-h) - timedelta(days=d) for d in range(days) for h in range(24)]
    await usage.put(tenant_id, [event(at) for at in hours])
    report, _ = await usage.answer(tenant_id, "requests trend from 2026-11-12 to 2026-11-21", NOW)
    assert verdict in report.text
    assert f"only {days} of the 10 days asked about hold any request" in report.text
    assert ("steps of one" in report.text) == concludes
    assert ("carries no trend" in report.text) != concludes
    assert report.sufficiency_pct == days * 10


async def test_a_relative_period_before_all_data_is_anchored_and_said(usage: Usage) -> None:
    tenant_id = uuid4()
    await usage.put(tenant_id, [event(datetime(2023, 11, 16, h, tzinfo=UTC)) for h in range(24)])
    report, _ = await usage.answer(tenant_id, "How many requests were there yesterday?", NOW)
    assert "Period: 2023-11-16 00:00 UTC to 2023-11-17 00:00 UTC (“yesterday”)" in report.text
    assert "counted back from the newest request, 2023-11-16 23:00 UTC" in report.text


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What did claude-opus-9 cost?", "There is no data of “claude-opus-9”."),
        ("What did “night shift” cost?", "There is no data of “night shift”."),
        ("What did we spend in 2019?", "there is no request in this scope"),
    ],
)
async def test_what_is_not_there_is_not_answered_with_something_else(
    usage: Usage, tenant: UUID, question: str, said: str
) -> None:
    report, _ = await usage.answer(tenant, question, NOW)
    assert said in report.text
    assert "**No data:**" in report.text
    assert "support-chat" in report.text, "what there is instead is said"
    assert "**Cost" not in report.text


async def test_without_any_data_the_answer_says_how_to_get_some(usage: Usage) -> None:
    report, findings = await usage.answer(uuid4(), "What did each model cost?", NOW)
    assert "There is no usage data in this account yet" in report.text
    assert "netra data import FILE" in report.text
    assert [finding.tool for finding in findings] == ["data_profile"]
    assert report.numbers == ()


async def test_a_question_outside_of_usage_gets_an_honest_answer_and_no_call(usage: Usage, tenant: UUID) -> None:
    report, findings = await usage.answer(tenant, "What is the weather in Paris?", NOW)
    assert findings == []
    assert "That is outside of what I can answer." in report.text
    assert (report.numbers, report.sufficiency_pct) == ((), None)


async def test_a_failed_call_is_said_and_the_rest_is_still_answered(usage: Usage, tenant: UUID) -> None:
    question = "cost and latency by model"
    _, findings = await usage.answer(tenant, question, NOW)
    broken = [
        f.model_copy(update={"status": "error", "result": None, "error": "The query takes longer than a question may."})
        if f.tool == "latency_percentiles"
        else f
        for f in findings
    ]
    report = write_report(question, NOW, broken)
    assert "`latency_percentiles` gave no result: “The query takes longer than a question may.”" in report.text
    assert "**Cost:" in report.text
    assert next_calls(question, NOW, broken) == (), "a failed call is not made again"


async def test_calls_that_a_model_chose_are_told_with_their_own_scope(usage: Usage, tenant: UUID) -> None:
    result = await usage.call(tenant, "cost_breakdown", workloads=["code-review"], by="model")
    chosen = Finding(
        call_id="m1",
        tool="cost_breakdown",
        arguments={"workloads": ["code-review"], "by": "model"},
        status="ok",
        result=result.model_dump(mode="json"),
    )
    alone = write_report("What did it cost?", NOW, [chosen])
    assert "Scope of `cost_breakdown`: workloads `['code-review']`" in alone.text
    assert untraced(alone) == []


async def test_a_profile_that_failed_is_no_answer(usage: Usage) -> None:
    del usage
    failed = Finding(call_id="1", tool="data_profile", arguments={}, status="error", error="ClickHouse did not answer.")
    assert next_calls("cost by model", NOW, [failed]) == ()
    report = write_report("cost by model", NOW, [failed])
    assert "could not be looked at" in report.text
    assert "ClickHouse did not answer." in report.text
