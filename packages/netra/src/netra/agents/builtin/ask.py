"""A question against the data there is: which requests it is about, what is assumed, and what is not there."""

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, JsonValue

from netra.agents.builtin.figures import quoted
from netra.agents.builtin.followups import replaces
from netra.agents.builtin.intent import Intent
from netra.agents.builtin.names import Named, match
from netra.agents.builtin.periods import Settled
from netra.agents.builtin.spans import Span, Times, compared, one, settled_in
from netra.agents.builtin.standings import PLACES
from netra.agents.builtin.supposed import Supposition, mentioned, suppose
from netra.agents.builtin.words import LEADING, Group, Step, Topic, amount, horizon_days
from netra.analytics.own import named_in
from netra.analytics.queries.drivers import DriverMetric
from netra.analytics.queries.profile import DataProfile
from netra.analytics.scope import OWN_WORKLOAD

HORIZON_DAYS = 30
MOST_QUOTED = 160


class Ask(BaseModel):
    """What to look up."""

    model_config = ConfigDict(frozen=True)

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


def resolve(intent: Intent, data: DataProfile, meant: str = "") -> Ask:
    """Settle the question against the profile of all data, which must hold at least one request.

    `meant` is whom a standing such as “the most expensive model” means, once that is known.
    """
    if data.first_at is None or data.last_at is None:
        message = "a question can be settled only against data"
        raise ValueError(message)
    named, known = _names(intent, data), [m.name for m in data.models]
    settled, models = settled_in(intent, data.last_at), mentioned(intent.texts, known)
    topics = _topics(intent, workloads=len(named.workloads), models=len(models), periods=len(settled))
    times = compared(settled, data.first_at, data.last_at) if "change" in topics else one(settled)
    standing = _standing(intent, meant)
    supposed = suppose(intent.texts, known, standing.model) if "what_if" in topics else Supposition(arguments=None)
    notes = (*_notes(intent, settled, named, times), *supposed.notes, *standing.notes)
    return Ask(
        topics=topics,
        group=intent.group or _group(len(named.workloads), len(named.models)),
        step=intent.step,
        # Asked about a name that is not there, the figures of all the others would be a wrong answer.
        workloads=named.workloads or named.unknown_workloads or _known(standing.workload),
        models=_models(topics, named, standing.model),
        span=times.current,
        baseline=times.baseline,
        current=times.current if times.baseline else None,
        metric=_metric(intent.topics, data),
        wants_advice=intent.wants_advice,
        candidates=models if "models" in topics else (),
        supposed=supposed.arguments,
        horizon_days=next((days for text in intent.texts if (days := horizon_days(text))), HORIZON_DAYS),
        budget_usd=amount(intent.question) if "budget" in topics else None,
        question=intent.question,
        notes=tuple(dict.fromkeys(notes)),
    )


class _Standing(NamedTuple):
    """Whom a standing means; empty where the question has none of that kind."""

    model: str = ""
    workload: str = ""
    notes: tuple[str, ...] = ()


def _standing(intent: Intent, meant: str) -> _Standing:
    if not intent.standing or not meant:
        return _Standing()
    place = PLACES[intent.standing]
    notes = (f"{place.words} is “{meant}”.",)
    return _Standing(model=meant, notes=notes) if place.kind == "model" else _Standing(workload=meant, notes=notes)


def _models(topics: tuple[Topic, ...], named: Named, meant: str) -> tuple[str, ...]:
    """Models to narrow to; one that is only supposed need not be in the data, and narrows nothing."""
    if "what_if" in topics:
        return ()
    return named.models or _known(meant) or (() if "models" in topics else named.unknown_models)


def _known(name: str) -> tuple[str, ...]:
    return (name,) if name else ()


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


def _notes(intent: Intent, settled: list[Settled], named: Named, times: Times) -> list[str]:
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
