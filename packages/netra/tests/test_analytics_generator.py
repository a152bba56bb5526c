"""The generated data: equal from equal seeds, alive in its rhythm, true in its jump."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from netra.analytics.generator import GenerationPlan, generate

PLAN = GenerationPlan(end=datetime(2026, 11, 22, tzinfo=UTC), days=14, requests_per_day=800)
MADE = generate(PLAN)


def test_equal_plans_give_equal_data_and_other_seeds_other_data() -> None:
    assert generate(PLAN) == MADE
    assert generate(PLAN.model_copy(update={"seed": 8})).events != MADE.events


def test_events_are_in_order_within_the_period_and_priced() -> None:
    moments = [event.at for event in MADE.events]
    assert moments == sorted(moments)
    assert PLAN.end - timedelta(days=14) <= moments[0]
    assert moments[-1] < PLAN.end
    assert all(event.cost_usd and event.cost_usd > 0 for event in MADE.events)


def test_days_and_weeks_have_their_rhythm() -> None:
    by_hour = Counter(event.at.hour for event in MADE.events)
    assert by_hour[13] > 2 * by_hour[2]
    by_day = Counter(event.at.date() for event in MADE.events)
    weekend = [n for day, n in by_day.items() if day.weekday() >= 5]
    working = [n for day, n in by_day.items() if day.weekday() < 5]
    assert max(weekend) < min(working)
    assert abs(sum(working) / len(working) - 800) < 80


def test_longer_answers_take_longer() -> None:
    slow = sorted(
        (e for e in MADE.events if e.model == "gpt-4o-mini" and e.status == "ok"), key=lambda e: e.output_tokens
    )
    third = len(slow) // 3
    mean_short = sum(e.latency_ms or 0 for e in slow[:third]) / third
    mean_long = sum(e.latency_ms or 0 for e in slow[-third:]) / third
    assert mean_long > 1.5 * mean_short


def test_some_requests_fail_and_few() -> None:
    failed = [event for event in MADE.events if event.status != "ok"]
    assert 0 < len(failed) < 0.03 * len(MADE.events)
    assert all(event.output_tokens == 0 for event in failed)


def test_the_truth_is_that_of_the_events() -> None:
    truth = MADE.truth
    costs = {after: Decimal(0) for after in (False, True)}
    for event in MADE.events:
        if event.workload == truth.workload:
            costs[event.at >= truth.at] += event.cost_usd or 0
    start = PLAN.end - timedelta(days=14)
    assert truth.cost_per_day_before_usd == float(costs[False]) / ((truth.at - start) / timedelta(days=1))
    assert truth.cost_per_day_after_usd == float(costs[True]) / ((PLAN.end - truth.at) / timedelta(days=1))
    assert truth.cost_per_day_after_usd > 2 * truth.cost_per_day_before_usd
