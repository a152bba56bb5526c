"""Causes in a revision's code that show only when people use it: while it was watched, after the gate had passed it."""

from collections.abc import Callable
from functools import partial

from goldenpath.diagnosis.catalogue.release import with_files
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.graph import CODE
from goldenpath.diagnosis.readers import code, host, process, watch
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always, never

CONTROL = "a promoted revision is watched under traffic against the last good one before it counts as good"
_CHANGED = Prediction(states="which files differ from the last good revision", read=code.code_changed, probe="code")
_SAME_VARIABLES = Prediction(states="whether variables differ", read=code.variables_unchanged, probe="env")
_REACHED = Prediction(states="whether every dependency answers", read=code.an_edge_fails, probe="edge")
_SERVED_BEFORE = Prediction(
    states="how the last good revision served the same requests just before", read=watch.was_served_before, probe=None
)
_IN_THE_CODE = partial(
    CauseRule,
    missing_control=CONTROL,
    should=(_SAME_VARIABLES,),
    change=code.code_changed,
    fix="roll_back",
    detail=with_files,
)
"""What all of these have in common: another change of code went to people, and the way back is the one before it."""
Places = Callable[[Evidence], tuple[Site, ...]]


def watched(*names: str) -> Places:
    """The code, as each component of the revision ran it while something of this was noted."""

    def places(evidence: Evidence) -> tuple[Site, ...]:
        found = {o.subject for name in names for o in evidence.named(name)}
        components = evidence.system.components.items()
        own = [name for name, spec in components if spec.lifetime == "revision" and name in found]
        return tuple(Site(component=name, nodes=(CODE,)) for name in own)

    return places


def _leaks(evidence: Evidence, site: Site) -> str:
    return f"{site.component} keeps memory with every request: {watch.grows(evidence, site).words}"


def _slow(evidence: Evidence, site: Site) -> str:
    return f"the code of {evidence.revision} is slower under traffic: {watch.is_slower(evidence, site).words}"


def _fails(evidence: Evidence, site: Site) -> str:
    return f"the code of {evidence.revision} fails under traffic: {watch.fails(evidence, site).words}"


def _ends(evidence: Evidence, site: Site) -> str:
    return f"{site.component} ends by itself when people use it: {watch.ended(evidence, site).words}"


RULES = (
    _IN_THE_CODE(
        id="memory_leak",
        claim="{component} keeps memory with every request",
        places=watched("watch.grown"),
        statement=_leaks,
        mechanism="what a request leaves behind is never let go: sooner or later the kernel ends the process",
        must=(
            Prediction(states="memory while it was watched", read=watch.grows, probe=None),
            _CHANGED,
        ),
        refuters=(Prediction(states="a process that ended", read=watch.ended, probe=None),),
        rivals=("killed_for_memory", "process_dead"),
        still_answers=True,
        is_effect=never,
    ),
    _IN_THE_CODE(
        id="slow_under_traffic",
        claim="the code of {component} takes longer than the last good revision's",
        places=watched("watch.slower"),
        statement=_slow,
        mechanism="each request does more work, or waits for the one before it: with more people everybody waits",
        must=(
            Prediction(states="times of requests while it was watched", read=watch.is_slower, probe=None),
            _CHANGED,
        ),
        refuters=(
            _REACHED,
            Prediction(states="processor time against its quota", read=host.is_throttled, probe="host"),
        ),
        rivals=("server_slow", "cpu_throttled", "connect_delay"),
        still_answers=True,
        is_effect=always,
    ),
    _IN_THE_CODE(
        id="fails_under_traffic",
        claim="the code of {component} fails under traffic",
        places=watched("watch.failed", "watch.complaint"),
        statement=_fails,
        mechanism="one run alone goes well; with many, or after some, requests are refused",
        must=(
            Prediction(states="requests while it was watched", read=watch.fails, probe=None),
            _CHANGED,
            _SERVED_BEFORE,
        ),
        refuters=(
            Prediction(states="what the database complains of", read=code.lacks_schema, probe="log"),
            _REACHED,
            Prediction(states="a process that ended", read=watch.any_ended, probe=None),
        ),
        rivals=("process_dead", "process_frozen", "files_exhausted"),
        still_answers=True,
        is_effect=always,
    ),
    _IN_THE_CODE(
        id="ends_under_traffic",
        claim="{component} ends by itself when people use it",
        places=watched("watch.ended"),
        statement=_ends,
        mechanism="a request makes the process end: nobody is served until it is started again",
        must=(
            Prediction(states="a process that ended while it was watched", read=watch.ended, probe=None),
            Prediction(states="how the process ended", read=code.ended_by_itself, probe="process"),
            _CHANGED,
        ),
        refuters=(
            Prediction(states="why it ended its own start", read=process.started_and_said_why_not, probe="log"),
            Prediction(states="the exception its log ends with", read=code.crashed, probe="log"),
        ),
        rivals=("process_dead", "killed_for_memory"),
        is_effect=never,
    ),
)
