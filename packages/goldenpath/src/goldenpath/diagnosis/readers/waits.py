"""Predictions about times: which phase is over its budget, whether a wait is fixed, and who really waits."""

from collections.abc import Collection, Iterable
from statistics import median

from goldenpath.diagnosis.edges import EdgeView, last_good_views, views_into
from goldenpath.diagnosis.evidence import Evidence, field, number, text_field
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, all_seen, any_seen, hint, negated, seen
from goldenpath.diagnosis.readers.edge import how_it_ended
from goldenpath.diagnosis.readers.env import HOST_FIELDS, changed
from goldenpath.diagnosis.rule import Read, Reading, Site
from goldenpath.diagnosis.signatures import PHASES
from goldenpath.facts import Observation

ENOUGH_SAMPLES = 3
"""Fewer readings cannot show that a time is constant."""
SPREAD = 0.05
"""Median deviation from the median, as a share of it, up to which a time counts as constant."""
FLOOR = 0.9
"""A fixed wait is paid every time: no reading lies below this share of the median."""
RESOLVER_TIMER_MS = 5000.0
"""How long libc waits for one resolver before it asks the next (resolv.conf(5), `timeout`)."""
TIMER_SLACK_MS = 150.0
"""What the rest of a connect may add to a timer."""
SECONDS_MS = 1000.0
"""A name that takes longer was not answered by the first resolver: the timers of libc are seconds."""


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
    measured = _constant(samples, [ms for o in samples for ms in _numbers(o)])
    return _hinted(reports_are_constant(evidence, site)) if measured.state == "unknown" else measured


def same_address_is_fast(evidence: Evidence, site: Site) -> Reading:
    """The last good revision has the same address, and a connect to it a moment later kept the budget."""
    return all_seen([last_good_is_fast(evidence, site), negated(changed(*HOST_FIELDS))(evidence, site)])


def reports_are_constant(evidence: Evidence, site: Site) -> Reading:
    """What the system itself says it waits for this component is the same each time."""
    found = _reported(evidence.history("health.dependency"), evidence, site)
    return _constant([o for o, _ in found], [ms for _, ms in found])


def name_is_slow(evidence: Evidence, site: Site) -> Reading:
    """Resolving the name takes seconds; against if it is quick or the address is a literal."""
    measured = any_seen(_name_time(view) for view in views_into(evidence, site.edges))
    return _like_a_timer(evidence, site) if measured.state == "unknown" else measured


def last_good_is_fast(evidence: Evidence, site: Site) -> Reading:
    """The last good revision's address connects within the budget."""
    return any_seen(_fast(view) for view in last_good_views(evidence, site.edges))


def reporter_waits_alone(evidence: Evidence, site: Site) -> Reading:
    """The system says that it waits for the component, while a probe from outside it is quick."""
    slow = [o for o, ms in _reported(evidence.named("health.dependency"), evidence, site) if ms >= SECONDS_MS]
    readings = [_fast(view) for view in views_into(evidence, site.edges)]
    return all_seen([seen(slow, "it reports a wait"), *readings]) if slow else UNKNOWN


def _hinted(reading: Reading) -> Reading:
    """What the system says of itself, as a hint for what a probe would have to measure."""
    return hint(reading.observations, f"reported: {reading.words}") if reading.state == "seen" else UNKNOWN


def _like_a_timer(evidence: Evidence, site: Site) -> Reading:
    """Reported waits of a resolver's timer, or of a few, speak for a resolver that does not answer."""
    targets = dict.fromkeys(EdgeView(evidence, edge).target for edge in site.edges)
    sites = [site.model_copy(update={"component": target}) for target in targets]
    found = [pair for one in sites for pair in _reported(evidence.named("health.dependency"), evidence, one)]
    near = [(o, ms) for o, ms in found if _is_timer(ms)]
    words = ", ".join(f"{text_field(o, 'name')} waits {ms:.0f} ms, about a resolver's timer" for o, ms in near)
    return hint((o for o, _ in near), f"reported: {words}") if near else UNKNOWN


def _is_timer(ms: float) -> bool:
    timers = round(ms / RESOLVER_TIMER_MS)
    return timers > 0 and abs(ms - timers * RESOLVER_TIMER_MS) <= TIMER_SLACK_MS * timers


def _over_budget(view: EdgeView, phases: Collection[str]) -> Reading:
    found = [o for o in view.over_budget() if text_field(o, "phase") in phases]
    if found:
        times = ", ".join(f"{text_field(o, 'phase')} {text_field(o, 'ms')} ms" for o in found)
        return seen(found, f"over its budget: {times}")
    if view.failure and not view.failure.reported:
        return against(view.failure.observations, how_it_ended(view))
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
    if ms >= SECONDS_MS:
        return seen([time], f"the name takes {ms:.0f} ms")
    return against([time], f"the name takes {ms:.0f} ms")


def _failed_name(view: EdgeView) -> Reading:
    failure = view.failure
    if failure and failure.phase == "dns" and not failure.reported:
        return against(failure.observations, "the name fails")
    return UNKNOWN


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


def _reported(
    observations: Iterable[Observation], evidence: Evidence, site: Site
) -> tuple[tuple[Observation, float], ...]:
    """What the system says of the component, with its milliseconds."""
    mine = (o for o in observations if evidence.component_named(text_field(o, "name")) == site.component)
    return tuple((o, ms) for o in mine if (ms := number(field(o, "ms"))))
