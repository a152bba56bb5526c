"""What is asked and what must come back, as TOML files say it."""

import importlib.resources
import re
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Sum = Literal[
    "requests", "errors", "input_tokens", "output_tokens", "tokens", "cost", "unpriced", "failure_cost", "priced"
]
Statistic = Literal["mean", "p50", "p90", "p95", "p99", "max"]
Kind = Literal["numbers", "estimates", "advice", "missing", "injection", "follow-up", "approval", "outside"]
FILES = ("figures", "estimates", "limits", "talks")
TRAFFIC = "traffic"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Truth(_Frozen):
    """A figure to be worked out of the rows in plain Python; exactly one of the first group is given."""

    sum: Sum | None = None
    latency: Statistic | None = None
    input: Statistic | None = None
    output: Statistic | None = None
    busiest_day: bool = False
    """The most requests of one day."""
    priced_on: str = ""
    """What the rows would cost at this model's list price."""
    over_cap: int = 0
    """What the output tokens beyond this many cost at list prices."""
    correlation: tuple[str, str] | None = None
    """Pearson's r of two columns, over the rows that have both."""
    value: float | None = None

    workload: str = ""
    model: str = ""
    provider: str = ""
    days: tuple[int, int] | None = None
    """From this many days before today's midnight up to, not including, that many: (-7, 0) are the last seven."""
    period: Literal["", "yesterday", "last week", "month of yesterday"] = ""

    minus: "Truth | None" = None
    pct_of: "Truth | None" = None
    times: float = 1.0
    tolerance: float = 1e-9
    """Relative."""


class Case(_Frozen):
    """One question."""

    id: str
    kind: Kind
    ask: str
    """`{day-3}` is the date three days before today, `{month}` the month of yesterday."""
    after: str = ""
    """The question before it in the same thread."""
    course: tuple[str, ...] = ()
    """Agents in order; empty means triage, data, reporting."""
    tools: tuple[str, ...] = ()
    """Tools that must have given a result."""
    numbers: Mapping[str, Truth] = Field(default_factory=dict[str, Truth])
    """By the number's name; `tool:name` where more than one tool has a number of that name."""
    says: tuple[str, ...] = ()
    """What the answer must say, as regular expressions."""
    never: tuple[str, ...] = ()
    """What must not stand in the answer outside of names and quotes, as regular expressions."""
    sufficiency: tuple[float, float] | None = None
    """Between which percentages triage must judge the data."""
    approve: bool | None = None
    """How to decide when an approval is asked for."""


class _File(_Frozen):
    question: tuple[Case, ...]


def cases(*names: str) -> tuple[Case, ...]:
    """The questions of these files, in order."""
    folder = importlib.resources.files("netra.evals") / "questions"
    texts = [(folder / f"{name}.toml").read_text(encoding="utf-8") for name in names]
    return tuple(case for text in texts for case in _File.model_validate(tomllib.loads(text)).question)


def asked(text: str, today: datetime) -> str:
    """The question with its dates."""
    yesterday = today - timedelta(days=1)
    dated = re.sub(r"\{day-(\d+)\}", lambda found: f"{today - timedelta(days=int(found[1])):%Y-%m-%d}", text)
    return dated.replace("{month}", f"{yesterday:%B %Y}")
