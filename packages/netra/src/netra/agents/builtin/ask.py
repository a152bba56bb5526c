"""A question against the data there is: which requests it is about, what is assumed, and what is not there."""

from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

from netra.agents.builtin.intent import Intent
from netra.agents.builtin.names import match
from netra.agents.builtin.periods import DAY, Settled, midnight, moment, settle
from netra.agents.builtin.words import Group, Step, Topic
from netra.analytics.queries.drivers import DriverMetric
from netra.analytics.queries.profile import DataProfile

TWO_WEEKS = timedelta(days=14)
INSTANT = timedelta(microseconds=1)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Span(_Frozen):
    """A period and what it is called."""

    start: AwareDatetime
    end: AwareDatetime
    label: str

    def text(self) -> str:
        """The period with its moments; the end is the last moment that is not included."""
        return f"{moment(self.start)} to {moment(self.end)}"


class Ask(_Frozen):
    """What to look up."""

    topics: tuple[Topic, ...]
    group: Group | None
    step: Step
    workloads: tuple[str, ...]
    models: tuple[str, ...]
    span: Span | None
    """None: all data."""
    baseline: Span | None
    current: Span | None
    """The two periods of a change; None when the question is not about one."""
    metric: DriverMetric
    """What a change is looked at in."""
    notes: tuple[str, ...]
    """What was assumed, and what the data does not have."""

    @property
    def narrowed(self) -> bool:
        """Whether this is about a part of the data only."""
        return bool(self.span or self.workloads or self.models)


def resolve(intent: Intent, data: DataProfile) -> Ask:
    """Settle the question against the profile of all data, which must hold at least one request."""
    if data.first_at is None or data.last_at is None:
        message = "a question can be settled only against data"
        raise ValueError(message)
    named = match(intent.question, [w.name for w in data.workloads], [m.name for m in data.models])
    settled = sorted(_settled(intent, data.last_at), key=lambda s: s.start)
    topics = _topics(intent, named_groups=max(len(named.workloads), len(named.models)), periods=len(settled))
    notes = [s.note for s in settled if s.note]
    notes += [f"There is no data of “{name}”." for name in (*named.unknown_models, *named.unknown_workloads)]
    baseline, current = (None, None)
    if "change" in topics:
        baseline, current, note = _periods(settled, data.first_at, data.last_at)
        notes.append(note)
    elif len(settled) > 1:
        notes.append(f"Of the periods named, this is about the latest, “{settled[-1].label}”.")
    if intent.wants_advice:
        notes.append("The builtin analyst gives figures; it makes no recommendations.")
    return Ask(
        topics=topics,
        group=intent.group or _group(len(named.workloads), len(named.models)),
        step=intent.step,
        # Asked about a name that is not there, the figures of all the others would be a wrong answer.
        workloads=named.workloads or named.unknown_workloads,
        models=named.models or named.unknown_models,
        span=current or (_span(settled[-1]) if settled else None),
        baseline=baseline,
        current=current,
        metric=_metric(intent.topics, data),
        notes=tuple(dict.fromkeys(notes)),
    )


def _settled(intent: Intent, newest: datetime) -> list[Settled]:
    """The periods named; when one must count back from the newest data, all do, so that they stay apart."""
    settled = [settle(when, intent.now, newest) for when in intent.when]
    if len(settled) == 1 or not any(s.counted_back for s in settled):
        return settled
    note = f"All data is older than a period named, so they are counted as of the newest request, {moment(newest)}."
    again = [settle(when, newest, newest) for when in intent.when]
    return [s.model_copy(update={"note": s.note or note}) for s in again]


def _topics(intent: Intent, *, named_groups: int, periods: int) -> tuple[Topic, ...]:
    """A comparison is a change when it names periods rather than groups."""
    if "change" in intent.topics or not intent.compares or intent.group or named_groups > 1 or not periods:
        return intent.topics
    return (*intent.topics, "change")


def _group(workloads: int, models: int) -> Group | None:
    if workloads > 1:
        return "workload"
    return "model" if models > 1 else None


def _metric(topics: tuple[Topic, ...], data: DataProfile) -> DriverMetric:
    """What the question names; else cost, or requests where nothing has a price."""
    order: tuple[DriverMetric, ...] = ("cost", "latency", "tokens", "requests")
    for metric in order:
        if metric in topics:
            return metric
    return "cost" if data.priced else "requests"


def _span(settled: Settled) -> Span:
    return Span(start=settled.start, end=settled.end, label=settled.label)


def _periods(settled: list[Settled], first: AwareDatetime, last: AwareDatetime) -> tuple[Span, Span, str]:
    """The earlier and the later period of a change, and how they were chosen."""
    if len(settled) > 1:
        baseline, current = _span(settled[0]), _span(settled[-1])
        return baseline, current, f"Compared: “{baseline.label}” with “{current.label}”."
    if settled:
        current = _span(settled[0])
        start = current.start - (current.end - current.start)
        baseline = Span(start=start, end=current.start, label=f"the same length before {moment(current.start)}")
        return baseline, current, f"“{current.label}” is compared with the equally long period before it."
    end = midnight(last) + DAY
    if last - first >= TWO_WEEKS:
        middle, start = end - TWO_WEEKS / 2, end - TWO_WEEKS
        note = "No period was named, so the newest seven days of data are compared with the seven before."
        return (
            Span(start=start, end=middle, label="the seven days before"),
            Span(start=middle, end=end, label="the newest seven days"),
            note,
        )
    middle = first + (last - first) / 2 + INSTANT
    return (
        Span(start=first, end=middle, label="the earlier half of the data"),
        Span(start=middle, end=max(last, middle) + INSTANT, label="the later half of the data"),
        "No period was named, so the later half of the data is compared with the earlier half.",
    )
