"""What data a person can supply so that a question can be answered: said only of what its answer lacks. Pure."""

from pydantic import BaseModel, ConfigDict

from netra.agents.builtin.ask import Ask
from netra.agents.builtin.figures import name
from netra.agents.builtin.sufficiency import CONCLUDING, fields
from netra.analytics.queries.profile import DataProfile

IMPORT = "`netra data import FILE` reads CSV, JSON lines and Parquet, and exports of LiteLLM, Langfuse and Helicone"
TRACES = "an instrumented application sends its calls as they happen to `/v1/traces` (OpenTelemetry)"
TRY = "`netra data generate` makes a realistic data set to try"


class Need(BaseModel):
    """One kind of data that is missing."""

    model_config = ConfigDict(frozen=True)

    what: str
    how: str


NO_DATA = Need(what="Usage data: one row or trace for each call of a model.", how=f"{IMPORT}; {TRACES}; {TRY}.")


def needs(ask: Ask, data: DataProfile) -> tuple[Need, ...]:
    """What the data in the question's scope lacks, the most important first."""
    if not data.requests:
        return (_other_scope(ask),)
    found = [_FIELDS[what] for what, count, _ in fields(data, ask.topics, metric=ask.metric) if count < data.requests]
    concludes = any(topic in CONCLUDING for topic in ask.topics)
    if concludes and data.filled_buckets < data.buckets:
        found.append(_PERIOD)
    return tuple(found)


def _other_scope(ask: Ask) -> Need:
    """Nothing is there of what was named."""
    names = [name(text) for text in (*ask.workloads, *ask.models)]
    what = f"Requests of {', '.join(names)}" if names else "Requests"
    when = " in this period" if ask.span else ""
    how = f"Check the spelling and the period, or bring the data: {IMPORT}; {TRACES}."
    return Need(what=f"{what}{when}.", how=how)


_FIELDS = {
    "known price": Need(
        what="What requests cost, or a model name that the public price catalogue knows.",
        how="Import the rows with a column `cost_usd`, or with the model's usual name such as `gpt-4o-mini`.",
    ),
    "latency": Need(
        what="How long requests took.",
        how=f"Import the rows with a column `latency_ms`; or {TRACES}, which carry it.",
    ),
}
_PERIOD = Need(
    what="Usage in the part of the period that holds no request.",
    how=f"Bring what is missing: {IMPORT}. Or ask about the part that is there.",
)
