"""Predictions about what a synthetic person saw: the handshake, the frames, the end of the run."""

from goldenpath.diagnosis.evidence import Evidence, field, ids_of
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, any_seen, seen
from goldenpath.diagnosis.rule import Reading, Site
from goldenpath.diagnosis.symptoms import HTTP_OK, SWITCHING_PROTOCOLS, ended_well
from goldenpath.facts import Observation


def socket_is_broken(evidence: Evidence, site: Site) -> Reading:
    """The WebSocket itself fails; against if it shook hands, was ready and carried frames."""
    return any_seen(_socket(evidence, journey) for journey in site.journeys if _converses(evidence, journey))


def contract_is_broken(evidence: Evidence, site: Site) -> Reading:
    """A run that ended well broke a law of the events, or lacks some."""
    return any_seen(_contract(evidence, journey) for journey in site.journeys)


def run_is_silent(evidence: Evidence, site: Site) -> Reading:
    """The run was accepted and had not ended at its deadline."""
    return any_seen(_silent(evidence, journey) for journey in site.journeys)


def _converses(evidence: Evidence, journey: str) -> bool:
    """A journey without a conversation opens no socket, and says nothing of it."""
    return evidence.system.journeys[journey.removeprefix("journey:")].conversation is not None


def _socket(evidence: Evidence, journey: str) -> Reading:
    before = _failed_log_in(evidence, journey)
    if before:
        return against(before, "the log-in before it failed: no socket was opened")
    error, status = evidence.get(journey, "socket.error"), evidence.get(journey, "socket.status")
    if error:
        return seen([error], f"the socket fails: {error.value}")
    if status and status.value != SWITCHING_PROTOCOLS:
        return seen([status], f"the handshake is answered with {status.value}")
    ready = evidence.get(journey, "socket.ready")
    if status is None or ready is None:
        return UNKNOWN
    if ready.value is False:
        return seen([ready], "the ready frame did not come")
    return against(_good_signs(evidence, journey, status, ready), _carried(evidence, journey))


def _failed_log_in(evidence: Evidence, journey: str) -> list[Observation]:
    error, status = evidence.get(journey, "login.error"), evidence.get(journey, "login.status")
    return [o for o in (error, status if status and status.value not in HTTP_OK else None) if o]


def _good_signs(evidence: Evidence, journey: str, *signs: Observation) -> tuple[str, ...]:
    types = evidence.get(journey, "run.types")
    return ids_of([*signs, *([types] if types and types.value else [])])


def _carried(evidence: Evidence, journey: str) -> str:
    types = evidence.get(journey, "run.types")
    count = len(types.value) if types and isinstance(types.value, list) else 0
    carried = f" and carried {count} other events" if count else ""
    return f"the handshake succeeded, the ready frame came{carried}"


def _contract(evidence: Evidence, journey: str) -> Reading:
    conversation = evidence.system.journeys[journey.removeprefix("journey:")].conversation
    terminal = evidence.get(journey, "run.terminal")
    if conversation is None or terminal is None:
        return UNKNOWN
    if not ended_well(terminal, conversation):
        return against([terminal], "the run did not end well: events that are missing are a consequence")
    found = [o for name in ("run.breaches", "run.missing") if (o := evidence.get(journey, name))]
    broken = [o for o in found if o.value]
    if broken:
        return seen(broken, "the run ended well and its events break the contract")
    return against(found, "the events keep the contract") if found else UNKNOWN


def _silent(evidence: Evidence, journey: str) -> Reading:
    unmet, done = evidence.get(journey, "request.unmet"), evidence.get(journey, "requests.done")
    if unmet and (done is None or done.at < unmet.at):
        waited = field(unmet, "waited_s")
        if waited and field(unmet, "status") is not None:
            return seen([unmet], f"the answers did not become what they must within {waited} s")
        return against([unmet], "a request failed at once")
    terminal = evidence.get(journey, "run.terminal")
    if done and terminal is None:
        return against([done], "every request was answered as it must be")
    if terminal is None:
        return UNKNOWN
    if terminal.value is None:
        return seen([terminal], "the run had not ended at its deadline")
    return against([terminal], "the run ended")
