"""Causes before the doors: what stands between people and the system, and lets through only part of what they say."""

from goldenpath.diagnosis.catalogue.access import with_variables
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.graph import PUBLIC, env_node
from goldenpath.diagnosis.readers import door, public
from goldenpath.diagnosis.readers.combine import negated
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always

CONTROL = "the same is asked at the public address and at the revision's own door, a socket's hand-shake among it"
DECOYS = ("websocket_broken", "process_dead")
_PAGE_PASSES = Prediction(states="whether pages pass the public way", read=public.passes("public.page"), probe="public")
_page_stops = negated(public.passes("public.page"))
_upgrade_stops = public.is_refused("public.socket")
_silence_ends = negated(public.passes("public.idle"))
_changed = door.changed(public.variables)


def ways(evidence: Evidence) -> tuple[Site, ...]:
    """The public way, where one is declared, at the component with the doors that it leads to."""
    system = evidence.system
    if not system.doors.public:
        return ()
    variable = system.doors.public
    return (Site(component=system.doors.component, nodes=(PUBLIC, env_node(variable)), variable=variable),)


def _stripped(evidence: Evidence, site: Site) -> str:
    words = _upgrade_stops(evidence, site).words
    return f"what stands before {site.component} does not pass on that a socket is to be opened: {words}"


def _cut(evidence: Evidence, site: Site) -> str:
    words = _silence_ends(evidence, site).words
    return f"what stands before {site.component} closes sockets on which nothing is said: {words}"


def _closed(evidence: Evidence, site: Site) -> str:
    words = _page_stops(evidence, site).words
    return f"the public address does not lead to {site.component}: {words}"


RULES = (
    CauseRule(
        id="upgrade_stripped",
        claim="the hand-shake of sockets is stripped before {component}",
        places=ways,
        statement=_stripped,
        mechanism="a proxy takes the hand-shake for a page, because the header that says otherwise is gone",
        missing_control=CONTROL,
        must=(
            _PAGE_PASSES,
            Prediction(states="how a hand-shake is answered on both ways", read=_upgrade_stops, probe="public"),
        ),
        rivals=DECOYS,
        change=_changed,
        runs_end=True,
        is_effect=always,
        fix="variable",
        detail=with_variables(public.variables),
    ),
    CauseRule(
        id="idle_socket_cut",
        claim="silent sockets are closed before {component}",
        places=ways,
        statement=_cut,
        mechanism="a proxy's limit on silence is shorter than the pauses of a conversation",
        missing_control=CONTROL,
        must=(
            _PAGE_PASSES,
            Prediction(states="how long a silent socket lasts on both ways", read=_silence_ends, probe="public"),
        ),
        rivals=DECOYS,
        change=_changed,
        runs_end=True,
        is_effect=always,
        fix="variable",
        detail=with_variables(public.variables),
    ),
    CauseRule(
        id="public_way_broken",
        claim="the public address does not lead to {component}",
        places=ways,
        statement=_closed,
        mechanism="the system works, and nobody from outside gets to it",
        missing_control=CONTROL,
        must=(Prediction(states="how a page is answered on both ways", read=_page_stops, probe="public"),),
        rivals=DECOYS,
        change=_changed,
        runs_end=True,
        is_effect=always,
        fix="variable",
        detail=with_variables(public.variables),
    ),
)
