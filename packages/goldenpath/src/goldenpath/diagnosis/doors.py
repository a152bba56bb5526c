"""How a door must answer: which of its answers are wrong, and in what words."""

from goldenpath.diagnosis.evidence import field, text_field
from goldenpath.facts import Observation

OK = range(200, 300)
FORBIDDEN = 403
"""How a page of another origin is answered; one of an allowed origin without a token is asked for one."""
RULES: dict[str, str] = {
    "auth.own": "a token that it has issued itself is accepted",
    "auth.other": "a token that the last good revision issued is accepted",
    "auth.none": "nobody gets in without a token",
    "auth.spoilt": "nobody gets in with a token that nobody signed",
    "origin.allowed": "pages of the declared origins may call",
    "origin.foreign": "pages of other origins may not call",
    "origin.socket": "pages of the declared origins may open the socket",
}


def holds(observation: Observation) -> bool:
    """Whether the door answered as it must."""
    status, allowed = field(observation, "status"), text_field(observation, "allowed")
    let_in = allowed in {"*", text_field(observation, "origin")}
    match observation.name:
        case "auth.own" | "auth.other":
            return status in OK
        case "auth.none" | "auth.spoilt":
            return status not in OK
        case "origin.allowed":
            return let_in
        case "origin.foreign":
            return not let_in
        case _:
            return status != FORBIDDEN


def said(observation: Observation) -> str:
    """The rule, and how it was broken if it was."""
    words = RULES[observation.name]
    if holds(observation):
        return words
    told = f" ({observation.text[:160]})" if observation.text else ""
    return f"it should hold that {words}, and the answer is HTTP {text_field(observation, 'status')}{told}"
