"""Predictions about connections: which phase fails how, and what another address does."""

from collections.abc import Collection

from goldenpath.diagnosis.edges import EdgeView, Outcome, last_good_views, views_into
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, any_seen, both, hint, seen
from goldenpath.diagnosis.readers.env import HOST_FIELDS, changed
from goldenpath.diagnosis.rule import Read, Reading, Site
from goldenpath.diagnosis.signatures import PHASES, Phase


def fails(phase: Phase, codes: Collection[str] = ()) -> Read:
    """A probe found that the connection ends in this phase, with one of these codes (any, if none is given)."""

    def read(evidence: Evidence, site: Site) -> Reading:
        views = views_into(evidence, site.edges)
        return any_seen(_fails(view, phase, codes) for view in views)

    return read


def ends(evidence: Evidence, site: Site) -> Reading:
    """A probe found that the connection ends somewhere on the way, in whatever phase."""
    return any_seen(_ends(view) for view in views_into(evidence, site.edges))


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


def gets_through(phase: Phase) -> Read:
    """Every attempt that was made got through this phase."""

    def read(evidence: Evidence, site: Site) -> Reading:
        outcomes = [o for view in views_into(evidence, site.edges) if (o := view.outcome(phase)).state != "unmeasured"]
        late = [o for o in outcomes if o.state != "ok"]
        if late:
            return against((i for o in late for i in o.observations), f"it ends at or before {phase}")
        return seen((i for o in outcomes for i in o.observations), f"{phase} goes well") if outcomes else UNKNOWN

    return read


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


def moved(evidence: Evidence, site: Site) -> Reading:
    """The address differs from the last good revision's, and that one still works."""
    return both(changed(*HOST_FIELDS), last_good_gets("auth"))(evidence, site)


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


def how_it_ended(view: EdgeView) -> str:
    """Where the attempt ended, in words; a failed name says that no packet to the target exists."""
    failure = view.failure
    if failure is None:
        return "it does not end"
    packets = ", before any packet to the target exists" if failure.phase == "dns" else ""
    return f"it ends at {failure.phase} with {failure.code}{packets}"


def _fails(view: EdgeView, phase: Phase, codes: Collection[str]) -> Reading:
    outcome = view.outcome(phase)
    match outcome.state:
        case "failed":
            return _failed(outcome, codes)
        case "ok":
            return against(outcome.observations, f"it gets through {phase}")
        case "not_reached":
            return against(outcome.observations, how_it_ended(view))
        case "unmeasured":
            return UNKNOWN


def _ends(view: EdgeView) -> Reading:
    if view.failure:
        return UNKNOWN if view.failure.reported else seen(view.failure.observations, how_it_ended(view))
    return _whole(view)


def _whole(view: EdgeView) -> Reading:
    times = [o for p in PHASES if (o := view.ms(p))]
    return against(times, f"{view.subject} works") if times else UNKNOWN


def _failed(outcome: Outcome, codes: Collection[str]) -> Reading:
    matches = not codes or outcome.code in codes or outcome.code.split(":")[0] in codes
    if not matches:
        return against(outcome.observations, f"{outcome.phase} fails with {outcome.code}")
    if outcome.reported:
        return hint(outcome.observations, f"reported: {outcome.phase} fails with {outcome.code}")
    return seen(outcome.observations, f"{outcome.phase} fails with {outcome.code}")


def _passes(outcome: Outcome) -> Reading:
    match outcome.state:
        case "ok":
            return seen(outcome.observations, f"{outcome.phase} goes well")
        case "failed" | "not_reached":
            return against(outcome.observations, f"it ends at or before {outcome.phase}")
        case "unmeasured":
            return UNKNOWN


def _where(evidence: Evidence, site: Site) -> str:
    return "; ".join(dict.fromkeys(how_it_ended(view) for view in views_into(evidence, site.edges)))


def _flag(view: EdgeView, name: str) -> Reading:
    found = view.flag(name)
    if found is None:
        return UNKNOWN
    return seen([found], "the address is a literal") if found.value is True else against([found], "the host is a name")
