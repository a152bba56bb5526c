"""Predictions about processes and the ports they listen on; the listener's side is asked, not the client's."""

from goldenpath.diagnosis.edges import views_into
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.processes import ProcessView, listening_of, processes_of
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, any_seen, seen
from goldenpath.diagnosis.readers.edge import how_it_ended
from goldenpath.diagnosis.rule import Read, Reading, Site
from goldenpath.diagnosis.signatures import Phase


def is_gone(evidence: Evidence, site: Site) -> Reading:
    """A process of the component has ended; if no process was looked at, an open connection speaks against it."""
    found = processes_of(evidence, site.component)
    if found:
        return _gone(evidence, site, found)
    return _told_by_edges(evidence, site)


def is_frozen(evidence: Evidence, site: Site) -> Reading:
    """A process of the component is stopped and may be continued."""
    found = processes_of(evidence, site.component)
    if found:
        return any_seen(_state(p, "frozen") for p in found)
    return _answers(evidence, site)


def runs(evidence: Evidence, site: Site) -> Reading:
    """Every process of the component runs."""
    found = processes_of(evidence, site.component)
    wrong = [p for p in found if p.state != "running"]
    if wrong:
        return against((i for p in wrong for i in p.observations), f"a process is {wrong[0].state}")
    return seen((i for p in found for i in p.observations), "the process runs") if found else UNKNOWN


def listens(evidence: Evidence, site: Site) -> Reading:
    """Something listens on the component's configured port."""
    found = listening_of(evidence, site.component)
    return any_seen(
        seen([o], "something listens on the configured port")
        if o.value is True
        else against([o], "nothing listens on the configured port")
        for o in found
    )


def started_and_said_why_not(evidence: Evidence, site: Site) -> Reading:
    """The component's own start-up log names the phase that made it end."""
    found = [o for o in evidence.named("startup.failed") if o.subject.split("#")[0] == site.component]
    return seen(found, "it ended its own start and said why") if found else UNKNOWN


def ended_by_signal(evidence: Evidence, site: Site) -> bool:
    """Whether something outside killed it: no failing neighbour does that."""
    return any(p.killed for p in processes_of(evidence, site.component))


def component_state(state: str) -> Read:
    """A process of the component is in this state."""

    def read(evidence: Evidence, site: Site) -> Reading:
        return any_seen(_state(p, state) for p in processes_of(evidence, site.component))

    return read


def _gone(evidence: Evidence, site: Site, found: tuple[ProcessView, ...]) -> Reading:
    gone = [p for p in found if p.gone]
    if not gone:
        port = listens(evidence, site)
        also = f" and {port.words}" if port.state == "seen" else ""
        ids = [i for p in found for i in p.observations]
        return against([*ids, *port.observations], f"the process runs{also}" if _running(found) else "it exists")
    code = "" if gone[0].exit_code is None else f" with {gone[0].exit_code}"
    return seen((i for p in gone for i in p.observations), f"{len(gone)} of {len(found)} {gone[0].state}{code}")


def _running(found: tuple[ProcessView, ...]) -> bool:
    return all(p.state == "running" for p in found)


def _told_by_edges(evidence: Evidence, site: Site) -> Reading:
    return _told(evidence, site, "tcp", "it accepts connections")


def _answers(evidence: Evidence, site: Site) -> Reading:
    return _told(evidence, site, "first_byte", "it answers")


def _told(evidence: Evidence, site: Site, phase: Phase, words: str) -> Reading:
    """What connections say against a process that nobody looked at."""
    outcomes = [v.outcome(phase) for v in views_into(evidence, site.edges)]
    well = [i for o in outcomes if o.state == "ok" for i in o.observations]
    if well:
        return against(well, words)
    if outcomes and all(o.state == "not_reached" for o in outcomes):
        ids = (i for o in outcomes for i in o.observations)
        return against(ids, how_it_ended(views_into(evidence, site.edges)[0]))
    return UNKNOWN


def _state(process: ProcessView, state: str) -> Reading:
    words = f"{process.subject} is {process.state}"
    return seen(process.observations, words) if process.state == state else against(process.observations, words)
