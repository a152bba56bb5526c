"""A realistic data set out of a seed: daily and weekly rhythm, real models at real prices, and one known cost jump.

Equal plans give equal events, so generating twice adds nothing.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from pydantic import AwareDatetime, Field

from netra.analytics.events import UsageEvent
from netra.analytics.pricing import PriceCatalogue
from netra.analytics.scope import Frozen

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
HOURS = 24
SATURDAY = 5
JUMP_AFTER = 0.6
"""The jump comes after this share of the days, so that there is a long before and a clear after."""
TIMEOUT_MS = 30_000.0


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How fast a model answers: milliseconds to the first token, tokens a second after it."""

    first_ms: float
    tokens_s: float


SPEEDS: Mapping[str, Speed] = {
    "gpt-4o": Speed(first_ms=520, tokens_s=82),
    "gpt-4o-mini": Speed(first_ms=380, tokens_s=115),
    "gpt-4.1-mini": Speed(first_ms=360, tokens_s=105),
    "claude-sonnet-4-5": Speed(first_ms=780, tokens_s=64),
    "gemini-2.5-flash": Speed(first_ms=300, tokens_s=190),
}


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One application: how much of the traffic it is, when, and what its requests look like."""

    name: str
    share: float
    weekend: float
    """Its traffic on Saturday and Sunday against a working day."""
    night: float
    """Its traffic at night against the peak of the day."""
    input_median: float
    output_median: float
    spread: float
    """Sigma of the logarithm of the tokens."""
    errors: float
    models: Mapping[str, float]


WORKLOADS = (
    Workload(
        name="support-chat",
        share=0.46,
        weekend=0.55,
        night=0.25,
        input_median=900,
        output_median=160,
        spread=0.7,
        errors=0.008,
        models={"gpt-4o-mini": 0.92, "gpt-4o": 0.08},
    ),
    Workload(
        name="code-review",
        share=0.18,
        weekend=0.12,
        night=0.05,
        input_median=4200,
        output_median=420,
        spread=0.8,
        errors=0.012,
        models={"claude-sonnet-4-5": 0.85, "gpt-4o": 0.15},
    ),
    Workload(
        name="search-summaries",
        share=0.26,
        weekend=0.85,
        night=0.35,
        input_median=1800,
        output_median=110,
        spread=0.5,
        errors=0.004,
        models={"gemini-2.5-flash": 1.0},
    ),
    Workload(
        name="document-extraction",
        share=0.10,
        weekend=0.9,
        night=0.9,
        input_median=6500,
        output_median=300,
        spread=0.6,
        errors=0.01,
        models={"gpt-4.1-mini": 1.0},
    ),
)
SWITCHED: Mapping[str, float] = {"gpt-4o-mini": 0.35, "gpt-4o": 0.65}
"""The models of `support-chat` after the jump."""


class GenerationPlan(Frozen):
    """What to generate; `end` is a midnight, the last day ends there."""

    end: AwareDatetime
    days: int = Field(default=30, ge=2, le=730)
    seed: int = 7
    requests_per_day: int = Field(default=1000, ge=10, le=100_000)


class Truth(Frozen):
    """The cost jump that was put into the data, to compare answers with."""

    workload: str
    at: datetime
    """From this midnight on."""
    what: str
    cost_per_day_before_usd: float
    """Mean of the workload's whole days before."""
    cost_per_day_after_usd: float


class Generated(Frozen):
    """The events in order of time, and the truth about them."""

    events: tuple[UsageEvent, ...]
    truth: Truth


def generate(plan: GenerationPlan) -> Generated:
    """Make the data set of this plan."""
    random = Random(plan.seed)  # noqa: S311 - data to look at, not a secret
    prices = PriceCatalogue()
    start = plan.end - plan.days * DAY
    jump = start + max(1, round(plan.days * JUMP_AFTER)) * DAY
    made = (
        _event(random, prices, workload, at, switched=at >= jump)
        for hour in _hours(start, plan.end)
        for workload in WORKLOADS
        for at in _moments(random, hour, _expected(workload, hour) * plan.requests_per_day)
    )
    events = tuple(sorted(made, key=lambda e: (e.at, e.workload)))
    return Generated(events=events, truth=_truth(events, start=start, jump=jump, end=plan.end))


def _hours(start: datetime, end: datetime) -> Iterator[datetime]:
    return (start + hour * HOUR for hour in range((end - start) // HOUR))


def _expected(workload: Workload, hour: datetime) -> float:
    """The share of a working day's requests that this workload makes in this hour."""
    daylight = max(0.0, math.sin(math.pi * (hour.hour - 6) / 15))
    rhythm = workload.night + (1 - workload.night) * daylight
    mean = workload.night + (1 - workload.night) * 2 / math.pi * 15 / HOURS
    week = workload.weekend if hour.weekday() >= SATURDAY else 1.0
    return workload.share * week * rhythm / mean / HOURS


def _moments(random: Random, hour: datetime, expected: float) -> list[datetime]:
    count = max(0, round(random.gauss(expected, math.sqrt(expected))))
    return [hour + timedelta(microseconds=random.randrange(HOUR // timedelta(microseconds=1))) for _ in range(count)]


def _event(random: Random, prices: PriceCatalogue, workload: Workload, at: datetime, *, switched: bool) -> UsageEvent:
    mix = SWITCHED if switched and workload is WORKLOADS[0] else workload.models
    model = random.choices(list(mix), list(mix.values()))[0]
    failed = random.random() < workload.errors
    tokens_in = _tokens(random, workload.input_median, workload.spread)
    tokens_out = 0 if failed else _tokens(random, workload.output_median, workload.spread)
    known = prices.find(model)
    return UsageEvent(
        at=at,
        workload=workload.name,
        model=model,
        provider=known.provider if known else "unknown",
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        latency_ms=TIMEOUT_MS if failed else _latency(random, SPEEDS[model], tokens_in, tokens_out),
        cost_usd=prices.cost(known, at, tokens_in, tokens_out) if known else None,
        status="timeout" if failed else "ok",
    )


def _tokens(random: Random, median: float, spread: float) -> int:
    return max(1, round(random.lognormvariate(math.log(median), spread)))


def _latency(random: Random, speed: Speed, tokens_in: int, tokens_out: int) -> float:
    """Time to read, time to write, and a log-normal share of bad luck."""
    usual = speed.first_ms + tokens_in * 0.04 + tokens_out * 1000 / speed.tokens_s
    return round(usual * random.lognormvariate(0, 0.22), 3)


def _truth(events: tuple[UsageEvent, ...], *, start: datetime, jump: datetime, end: datetime) -> Truth:
    name = WORKLOADS[0].name
    sums = {False: Decimal(0), True: Decimal(0)}
    for event in events:
        if event.workload == name:
            sums[event.at >= jump] += event.cost_usd or Decimal(0)
    return Truth(
        workload=name,
        at=jump,
        what=f"gpt-4o takes {SWITCHED['gpt-4o']:.0%} of the requests instead of {WORKLOADS[0].models['gpt-4o']:.0%}",
        cost_per_day_before_usd=float(sums[False]) / ((jump - start) / DAY),
        cost_per_day_after_usd=float(sums[True]) / max((end - jump) / DAY, 1),
    )
