"""Of many hypotheses those that people are shown: the best of each component, and what one fact rules out together."""

from typing import NamedTuple

from goldenpath.facts import Rival

OF_ONE, MOST = 3, 15
"""Open hypotheses that people are shown: of one component, and of all."""


class RuledOut(NamedTuple):
    """What the same fact rules out at one component."""

    component: str
    reason: str
    observations: tuple[str, ...]
    statements: list[str]


def of_each_component(rivals: tuple[Rival, ...]) -> list[Rival]:
    """The best few open hypotheses of each component, a hypothesis about several variables once."""
    taken: dict[str, dict[str, Rival]] = {}
    for rival in rivals:
        of_component = taken.setdefault(rival.component, {})
        if len(of_component) < OF_ONE:
            of_component.setdefault(rival.cause, rival)
    chosen = [rival for of_component in taken.values() for rival in of_component.values()]
    return sorted(chosen, key=lambda rival: -rival.score)[:MOST]


def ruled_out(refuted: tuple[Rival, ...]) -> list[RuledOut]:
    """Refuted hypotheses, those that one fact refutes together."""
    groups: dict[tuple[str, str, tuple[str, ...]], RuledOut] = {}
    for rival in refuted:
        key = (rival.component, rival.reason, rival.refuted_by)
        group = groups.setdefault(key, RuledOut(*key, []))
        if rival.statement not in group.statements:
            group.statements.append(rival.statement)
    return list(groups.values())
