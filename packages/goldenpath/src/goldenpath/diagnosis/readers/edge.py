"""Predictions about connections: which phase fails how, how long it takes, and what another address does."""

from collections.abc import Collection
from statistics import median

from goldenpath.diagnosis.edges import EdgeView, Outcome, last_good_views, views_into
from goldenpath.diagnosis.evidence import Evidence, number, text_field
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, all_seen, any_seen, negated, seen
from goldenpath.diagnosis.readers.env import HOST_FIELDS, changed
from goldenpath.diagnosis.rule import Read, Reading, Site
from goldenpath.diagnosis.signatures import PHASES, Phase
from goldenpath.facts import Observation

ENOUGH_SAMPLES = 3
"""Fewer readings cannot show that a time is constant."""
SPREAD = 0.05
"""Median deviation from the median, as a share of it, up to which a time counts as constant."""
FLOOR = 0.9
"""A fixed wait is paid every time: no reading lies below this share of the median."""
RESOLVER_TIMER_MS = 1000.0
"""A name that takes longer was not answered by the first resolver; the timers of libc are seconds."""


def fails(phase: Phase, codes: Collection[str] = ()) -> Read:
    """A probe found that the connection ends in this phase, with one of these codes (any, if none is given)."""

    def read(evidence: Evidence, site: Site) -> Reading:
        views = views_into(evidence, site.edges)
        return any_seen(_fails(view, phase, codes) for view in views)

    return read


def ends(evidence: Evidence, site: Site) -> Reading:
    """A probe found that the connection ends somewhere on the way, in whatever phase."""
    return any_seen(_ends(view) for view in views_into(evidence, site.edges))


def passes(phase: Phase) -> Read:
    """A probe got through this phase on every edge that it tried."""

    def read(evidence: Evidence, site: Site) -> Reading:
        return any_seen(_passes(view.outcome(phase)) for view in views_into(evidence, site.edges))

    return read


def ends_before(phase: Phase) -> Read:
    """Every attempt ended before this phase: the peer was never asked."""

    def read(evidence: Evidence, site: Site) -> Reading:
        outcomes = [view.outcome(phase) for view in views_into(evidence, site.edges)]
        early = [o for o in outcomes if o.state == "not_reached"]
        if not early or any(o.state != "not_reached" for o in outcomes):
            return UNKNOWN
        words = f"every attempt ended before {phase}: {_where(evidence, site)}"
        return seen((i for o in early for i in o.observations), words)

    return read


def over_budget(*phases: str) -> Read:
    """A phase took longer than the manifest allows."""

    def read(evidence: Evidence, site: Site) -> Reading:
        return any_seen(_over_budget(view, phases) for view in views_into(evidence, site.edges))

    return read


def query_is_fast(evidence: Evidence, site: Site) -> Reading:
    """Once connected, the server answers within its budget."""
    return any_seen(_query(view) for view in views_into(evidence, site.edges))


def connect_is_constant(evidence: Evidence, site: Site) -> Reading:
    """Repeated connects to the component all take the same time: a timer, not load."""
    edges = evidence.edges_into(site.component)
    samples = [o for o in evidence.history("connect.samples") if o.subject in edges]
    return _constant(samples, [ms for o in samples for ms in _numbers(o)])


def same_address_is_fast(evidence: Evidence, site: Site) -> Reading:
    """The last good revision has the same address, and a connect to it a moment later kept the budget."""
    return all_seen([last_good_is_fast(evidence, site), negated(changed(*HOST_FIELDS))(evidence, site)])


def reports_are_constant(evidence: Evidence, site: Site) -> Reading:
    """What the system itself says it waits for this component is the same each time."""
    found = [
        (o, ms)
        for o in evidence.history("health.dependency")
        if evidence.component_named(text_field(o, "name")) == site.component
        and isinstance(o.value, dict)
        and (ms := number(o.value.get("ms")))
    ]
    return _constant([o for o, _ in found], [ms for _, ms in found])


def name_is_slow(evidence: Evidence, site: Site) -> Reading:
    """Resolving the name takes seconds; against if it is quick or the address is a literal."""
    return any_seen(_name_time(view) for view in views_into(evidence, site.edges))


def address_is_literal(evidence: Evidence, site: Site) -> Reading:
    """The configured host is a clean address: no resolver is ever asked."""
    return any_seen(_flag(view, "address.literal") for view in views_into(evidence, site.edges))


def stripped_resolves(evidence: Evidence, site: Site) -> Reading:
    """The value without white space resolves, the value itself does not."""
    found = [o for view in views_into(evidence, site.edges) if (o := view.flag("dns.stripped"))]
    return any_seen(
        seen([o], "the value without white space resolves")
        if o.value == "ok"
        else against([o], f"the value without white space does not resolve either: {o.value}")
        for o in found
    )


def last_good_gets(phase: Phase) -> Read:
    """From the same place, the last good revision's address gets through this phase."""

    def read(evidence: Evidence, site: Site) -> Reading:
        return any_seen(_passes(view.outcome(phase)) for view in last_good_views(evidence, site.edges))

    return read


def last_good_is_fast(evidence: Evidence, site: Site) -> Reading:
    """The last good revision's address connects within the budget."""
    return any_seen(_fast(view) for view in last_good_views(evidence, site.edges))


def another_name_resolves(evidence: Evidence, site: Site) -> Reading:
    """A name of another edge is resolved at the same time."""
    for edge in evidence.subjects(""):
        if "->" not in edge or edge in site.edges:
            continue
        view = EdgeView(evidence, edge)
        literal, ms = view.flag("address.literal"), view.ms("dns")
        if literal and literal.value is False and ms:
            return seen([ms], f"the resolver answers for {edge}")
    return UNKNOWN


def reporter_waits_alone(evidence: Evidence, site: Site) -> Reading:
    """The system says that it waits for the component, while a probe from outside it is quick."""
    slow = [o for o, _ in _slow_reports(evidence, site)]
    quick = [view for view in views_into(evidence, site.edges) if view.measured]
    if not slow or not quick:
        return UNKNOWN
    troubled = [i for v in quick if (v.failure or v.over_budget()) for i in _trouble_ids(v)]
    if troubled:
        return against(troubled, "a probe from outside sees the same")
    times = [o for v in quick for o in (v.ms("query"), v.ms("tcp")) if o]
    return seen([*slow, *times], "a probe from outside is quick")


def _slow_reports(evidence: Evidence, site: Site) -> list[tuple[Observation, float]]:
    found = [o for o in evidence.named("health.dependency") if isinstance(o.value, dict)]
    return [
        (o, ms)
        for o in found
        if evidence.component_named(text_field(o, "name")) == site.component
        and isinstance(o.value, dict)
        and (ms := number(o.value.get("ms")))
        and ms >= RESOLVER_TIMER_MS
    ]


def _trouble_ids(view: EdgeView) -> tuple[str, ...]:
    failed = view.failure.observations if view.failure else ()
    return (*failed, *(o.id for o in view.over_budget()))


def _fails(view: EdgeView, phase: Phase, codes: Collection[str]) -> Reading:
    outcome = view.outcome(phase)
    match outcome.state:
        case "failed":
            return _failed(outcome, codes)
        case "ok":
            return against(outcome.observations, f"it gets through {phase}")
        case "not_reached":
            return against(outcome.observations, _ended(view))
        case "unmeasured":
            return UNKNOWN


def _ends(view: EdgeView) -> Reading:
    if view.failure:
        return UNKNOWN if view.failure.reported else seen(view.failure.observations, _ended(view))
    return _whole(view)


def _whole(view: EdgeView) -> Reading:
    times = [o for p in PHASES if (o := view.ms(p))]
    return against(times, f"{view.subject} works") if times else UNKNOWN


def _failed(outcome: Outcome, codes: Collection[str]) -> Reading:
    matches = not codes or outcome.code in codes or outcome.code.split(":")[0] in codes
    if not matches:
        return against(outcome.observations, f"{outcome.phase} fails with {outcome.code}")
    if outcome.reported:
        return UNKNOWN
    return seen(outcome.observations, f"{outcome.phase} fails with {outcome.code}")


def _passes(outcome: Outcome) -> Reading:
    match outcome.state:
        case "ok":
            return seen(outcome.observations, f"{outcome.phase} goes well")
        case "failed" | "not_reached":
            return against(outcome.observations, f"it ends at or before {outcome.phase}")
        case "unmeasured":
            return UNKNOWN


def _ended(view: EdgeView) -> str:
    failure = view.failure
    if failure is None:
        return "it does not end"
    packets = ", before any packet to the target exists" if failure.phase == "dns" else ""
    return f"it ends at {failure.phase} with {failure.code}{packets}"


def _where(evidence: Evidence, site: Site) -> str:
    return "; ".join(dict.fromkeys(_ended(view) for view in views_into(evidence, site.edges)))


def _over_budget(view: EdgeView, phases: Collection[str]) -> Reading:
    found = [o for o in view.over_budget() if text_field(o, "phase") in phases]
    if found:
        times = ", ".join(f"{text_field(o, 'phase')} {text_field(o, 'ms')} ms" for o in found)
        return seen(found, f"over its budget: {times}")
    if view.failure and not view.failure.reported:
        return against(view.failure.observations, _ended(view))
    if view.ms("query"):
        return against([o for o in (view.ms("query"),) if o], f"{view.subject} keeps its budget")
    return UNKNOWN


def _query(view: EdgeView) -> Reading:
    slow = [o for o in view.over_budget() if text_field(o, "phase") == "query"]
    time = view.ms("query")
    if slow:
        return against(slow, "the query itself is over its budget")
    return seen([time], f"the query takes {time.value} ms") if time else UNKNOWN


def _name_time(view: EdgeView) -> Reading:
    literal, time = view.flag("address.literal"), view.ms("dns")
    if literal and literal.value is True:
        return against([literal], "the address is a literal: no resolver is asked")
    ms = number(time.value) if time else None
    if time is None or ms is None:
        return _failed_name(view)
    if ms >= RESOLVER_TIMER_MS:
        return seen([time], f"the name takes {ms:.0f} ms")
    return against([time], f"the name takes {ms:.0f} ms")


def _failed_name(view: EdgeView) -> Reading:
    failure = view.failure
    if failure and failure.phase == "dns" and not failure.reported:
        return against(failure.observations, "the name fails")
    return UNKNOWN


def _flag(view: EdgeView, name: str) -> Reading:
    found = view.flag(name)
    if found is None:
        return UNKNOWN
    return seen([found], "the address is a literal") if found.value is True else against([found], "the host is a name")


def _fast(view: EdgeView) -> Reading:
    slow = view.over_budget()
    if slow:
        return against(slow, f"{view.subject} is as slow")
    if view.failure:
        return against(view.failure.observations, f"{view.subject} fails too")
    times = [o for p in PHASES if (o := view.ms(p))]
    return seen(times, f"{view.subject} keeps the budget") if times else UNKNOWN


def _constant(observations: list[Observation], values: list[float]) -> Reading:
    if len(values) < ENOUGH_SAMPLES:
        return UNKNOWN
    middle = median(values)
    spread = median(abs(v - middle) for v in values)
    words = f"{len(values)} readings of {min(values):.0f} to {max(values):.0f} ms"
    if spread <= SPREAD * middle and min(values) >= FLOOR * middle:
        return seen(observations, f"constant: {words}")
    return against(observations, f"not constant: {words}")


def _numbers(observation: Observation) -> list[float]:
    values = observation.value if isinstance(observation.value, list) else []
    return [n for v in values if (n := number(v)) is not None]
