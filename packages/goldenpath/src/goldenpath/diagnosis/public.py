"""How the way of people differs from the revision's own door: which differences are wrong, and in what words."""

from collections.abc import Callable

from goldenpath.diagnosis.evidence import field, number, text_field
from goldenpath.facts import Observation

OK = 200
SWITCHING_PROTOCOLS = 101
CLOSED_EARLY = 0.9
"""Share of the time a silent socket must last: below it somebody closed it."""


def _page(observation: Observation) -> bool | None:
    if field(observation, "own_status") != OK:
        return None
    return field(observation, "status") == OK


def _socket(observation: Observation) -> bool | None:
    if field(observation, "own_status") != SWITCHING_PROTOCOLS:
        return None
    return field(observation, "status") == SWITCHING_PROTOCOLS


def _idle(observation: Observation) -> bool | None:
    must, held, own = (number(field(observation, n)) for n in ("must_s", "held_s", "own_held_s"))
    if must is None or held is None or own is None or own < must * CLOSED_EARLY:
        return None
    return held >= must * CLOSED_EARLY


PASSES: dict[str, Callable[[Observation], bool | None]] = {
    "public.page": _page,
    "public.socket": _socket,
    "public.idle": _idle,
}
"""Whether what the own door gives passes the public way, too; None when the own door does not give it."""


def differs(observation: Observation) -> bool:
    """Whether the own door gives what the public way does not."""
    return PASSES[observation.name](observation) is False


def said(observation: Observation) -> str:
    """What was seen on both ways."""
    answer = _answer(observation)
    match observation.name:
        case "public.page":
            return f"a page is answered with {answer} at the public address, with HTTP 200 at the own door"
        case "public.socket":
            return f"the hand-shake of a socket gets {answer} at the public address, and opens one at the own door"
        case _:
            held, must = text_field(observation, "held_s"), text_field(observation, "must_s")
            return f"a silent socket lasts {held} s at the public address and {must} s at the own door"


def _answer(observation: Observation) -> str:
    status = field(observation, "status")
    return f"HTTP {status}" if status else text_field(observation, "error") or "nothing"
