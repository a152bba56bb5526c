"""A question against the data there is: which requests it is about, what is assumed, and what is not there."""

from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue

from netra.agents.builtin.figures import quoted
from netra.agents.builtin.followups import replaces
from netra.agents.builtin.intent import Intent
from netra.agents.builtin.names import Named, match
from netra.agents.builtin.periods import DAY, Settled, midnight, moment, settle
from netra.agents.builtin.standings import PLACES
from netra.agents.builtin.supposed import mentioned, suppose
from netra.agents.builtin.words import LEADING, Group, Step, Topic, amount, horizon_days
from netra.analytics.own import named_in
from netra.analytics.queries.drivers import DriverMetric
from netra.analytics.queries.profile import DataProfile
from netra.analytics.scope import OWN_WORKLOAD

TWO_WEEKS = timedelta(days=14)
INSTANT = timedelta(microseconds=1)
HORIZON_DAYS = 30
MOST_QUOTED = 160


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
    wants_advice: bool
    candidates: tuple[str, ...]
    """Models to compare, whether there is data of them or not."""
    supposed: dict[str, JsonValue] | None
    """What a what-if changes; None without one that can be estimated."""
    horizon_days: int
    """How far a forecast looks."""
    budget_usd: float | None
    """A budget to judge in place of the one that is set."""
    question: str
    notes: tuple[str, ...]
    """What was assumed, and what the data does not have."""

    @property
    def narrowed(self) -> bool:
        """Whether this is about a part of the data only."""
        return bool(self.span or self.workloads or self.models)


class _Times(_Frozen):
    """The period of a question, the one it is compared with, and how they were chosen."""

    current: Span | None
    baseline: Span | None = None
    note: str = ""


def resolve(intent: Intent, data: DataProfile, meant: str = "") -> Ask:
    """Settle the question against the profile of all data, which must hold at least one request.

    `meant` is whom a standing such as “the most expensive model” means, once that is known.
    """
    if data.first_at is None or data.last_at is None:
        message = "a question can be settled only against data"
        raise ValueError(message)
    named = _names(intent, data)
    settled = sorted(_settled(intent, data.last_at), key=lambda s: s.start)
    models = mentioned(intent.texts, [m.name for m in data.models])
    topics = _topics(intent, workloads=len(named.workloads), models=len(models), periods=len(settled))
    times = _change(settled, data.first_at, data.last_at) if "change" in topics else _one(settled)
    place = PLACES[intent.standing] if intent.standing and meant else None
    model, workload = (meant if place and place.kind == kind else "" for kind in ("model", "workload"))
    supposed = suppose(intent.texts, [m.name for m in data.models], model) if "what_if" in topics else None
    horizon = next((days for text in intent.texts if (days := horizon_days(text))), HORIZON_DAYS)
    notes = [*_notes(intent, settled, named, times), *(supposed.notes if supposed else ())]
    notes += [f"{place.words} is “{meant}”."] if place else []
    hypothetical = "what_if" in topics or "models" in topics
    return Ask(
        topics=topics,
        group=intent.group or _group(len(named.workloads), len(named.models)),
        step=intent.step,
        # Asked about a name that is not there, the figures of all the others would be a wrong answer.
        workloads=named.workloads or named.unknown_workloads or _known(workload),
        models=()
        if "what_if" in topics
        else named.models or _known(model) or _unknown(named, hypothetical=hypothetical),
        span=times.current,
        baseline=times.baseline,
        current=times.current if times.baseline else None,
        metric=_metric(intent.topics, data),
        wants_advice=intent.wants_advice,
        candidates=models if "models" in topics else (),
        supposed=supposed.arguments if supposed else None,
        horizon_days=horizon,
        budget_usd=amount(intent.question) if "budget" in topics else None,
        question=intent.question,
        notes=tuple(dict.fromkeys(notes)),
    )


def _known(name: str) -> tuple[str, ...]:
    return (name,) if name else ()


def _unknown(named: Named, *, hypothetical: bool) -> tuple[str, ...]:
    """Models that the question names and the data lacks: a supposed one need not be there."""
    return () if hypothetical else named.unknown_models


def _names(intent: Intent, data: DataProfile) -> Named:
    """Names of the question; of a kind that it does not name, those of the questions it goes on from."""
    found = _named(intent.question, data)
    if (found.workloads and found.models) or not intent.earlier:
        return found
    before = next((named for text in intent.earlier if _any_name(named := _named(text, data))), None)
    if before is None or (_any_name(found) and replaces(intent.question)):
        return found
    taken = [
        kind for kind in ("workloads", "models") if not getattr(found, kind) and not getattr(found, f"unknown_{kind}")
    ]
    fields = [name for kind in taken for name in (kind, f"unknown_{kind}")]
    return found.model_copy(update={name: getattr(before, name) for name in fields})


def _named(text: str, data: DataProfile) -> Named:
    own = (OWN_WORKLOAD,) if named_in(text) else ()
    return match(text, [*own, *(w.name for w in data.workloads)], [m.name for m in data.models])


def _any_name(named: Named) -> bool:
    return bool(named.workloads or named.models or named.unknown_workloads or named.unknown_models)


def _notes(intent: Intent, settled: list[Settled], named: Named, times: _Times) -> list[str]:
    notes = ["The question is long; only its beginning was read."] if intent.cut else []
    notes += [_carried(intent)] if intent.earlier else []
    notes += [s.note for s in settled if s.note]
    notes += [f"There is no data of “{name}”." for name in (*named.unknown_models, *named.unknown_workloads)]
    return notes + ([times.note] if times.note else [])


def _carried(intent: Intent) -> str:
    before = quoted(intent.earlier[0][:MOST_QUOTED])
    return f"Read as going on from {before}" + (
        f"; taken from it: {', '.join(intent.carried)}." if intent.carried else "."
    )


def _settled(intent: Intent, newest: datetime) -> list[Settled]:
    """The periods named; when one must count back from the newest data, all do, so that they stay apart."""
    settled = [settle(when, intent.now, newest) for when in intent.when]
    if len(settled) == 1 or not any(s.counted_back for s in settled):
        return settled
    note = f"All data is older than a period named, so they are counted as of the newest request, {moment(newest)}."
    again = [settle(when, newest, newest) for when in intent.when]
    return [s.model_copy(update={"note": s.note or note}) for s in again]


def _topics(intent: Intent, *, workloads: int, models: int, periods: int) -> tuple[Topic, ...]:
    """A comparison is a change when it names periods rather than groups, and one of models when it names two."""
    if intent.topics and intent.topics[0] in LEADING:
        return intent.topics
    named_groups = max(workloads, models)
    if intent.compares and models > 1 and "cost" in intent.topics and "models" not in intent.topics:
        return (*intent.topics, "models")
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


def _one(settled: list[Settled]) -> _Times:
    if not settled:
        return _Times(current=None)
    latest = _span(settled[-1])
    note = f"Of the periods named, this is about the latest, “{latest.label}”." if len(settled) > 1 else ""
    return _Times(current=latest, note=note)


def _change(settled: list[Settled], first: datetime, last: datetime) -> _Times:
    if not settled:
        return _newest(first, last)
    current = _span(settled[-1])
    if len(settled) > 1:
        baseline = _span(settled[0])
        note = f"Compared: “{baseline.label}” with “{current.label}”."
        return _Times(current=current, baseline=baseline, note=note)
    start = current.start - (current.end - current.start)
    baseline = Span(start=start, end=current.start, label=f"the same length before {moment(current.start)}")
    note = f"“{current.label}” is compared with the equally long period before it."
    return _Times(current=current, baseline=baseline, note=note)


def _newest(first: datetime, last: datetime) -> _Times:
    """Nobody named a period: the newest week with the one before, or the halves of shorter data."""
    end = midnight(last) + DAY
    if last - first >= TWO_WEEKS:
        middle = end - TWO_WEEKS / 2
        return _Times(
            current=Span(start=middle, end=end, label="the newest seven days"),
            baseline=Span(start=end - TWO_WEEKS, end=middle, label="the seven days before"),
            note="No period was named, so the newest seven days of data are compared with the seven before.",
        )
    middle = first + (last - first) / 2 + INSTANT
    return _Times(
        current=Span(start=middle, end=max(last, middle) + INSTANT, label="the later half of the data"),
        baseline=Span(start=first, end=middle, label="the earlier half of the data"),
        note="No period was named, so the later half of the data is compared with the earlier half.",
    )
