"""A diagnosis as people read it in a terminal; JSON has all of it."""

from collections.abc import Iterable

from rich.text import Text

from goldenpath.facts import Cause, Claim, Diagnosis, Link, Risk, Rival, Symptom
from goldenpath.worklog.diagnosis import CLAIMS
from goldenpath.worklog.rivals import of_each_component, ruled_out

SHOWN = 8
"""Refuted groups, or missing measurements, that a terminal shows."""


def lines_of(diagnosis: Diagnosis) -> list[Text]:
    """Each cause with its whys, then what stays open and what is ruled out, then what is at stake."""
    causes = [line for cause in diagnosis.causes for line in _cause(cause)]
    claims = [_claim(claim) for claim in diagnosis.claims]
    risks = [_risk(risk) for risk in diagnosis.at_risk]
    return [*causes, *_unexplained(diagnosis), *claims, *risks]


def _cause(cause: Cause) -> list[Text]:
    head = Text(f"{cause.component}: {cause.statement}", style="bold")
    head.append(f"  ({cause.id}, {cause.confidence})", style="dim")
    whys = [line for number, link in enumerate(cause.chain, start=1) for line in _link(number, link)]
    missed = [Text(f"  would have caught it: {cause.missing_control}")] if cause.missing_control else []
    return [head, *whys, Text(f"  so: {cause.mechanism}"), *missed, Text("")]


def _link(number: int, link: Link) -> list[Text]:
    answer = Text(f"     {link.answer}").append(_ids(link.observations), style="dim")
    return [Text(f"  {number}. {link.question}"), answer, *(_rival(rival) for rival in link.rivals)]


def _rival(rival: Rival) -> Text:
    if not rival.refuted_by:
        return Text(f"       open: {rival.statement}", style="yellow")
    line = Text(f"       not: {rival.statement}: {rival.reason}", style="dim")
    return line.append(_ids(rival.refuted_by), style="dim")


def _unexplained(diagnosis: Diagnosis) -> list[Text]:
    explained = {i for cause in diagnosis.causes for i in cause.explains}
    left = [s for s in diagnosis.symptoms if s.id not in explained]
    if not left:
        return []
    shown = of_each_component(diagnosis.open_rivals)
    more = len(diagnosis.open_rivals) - len(shown)
    rest = [Text(f"  ... and {more} more")] if more else []
    asked = [line for rival in shown for line in _open(rival)]
    return [*(_symptom(s) for s in left), *asked, *rest, *_unmeasured(diagnosis), *_ruled_out(diagnosis.refuted)]


def _symptom(symptom: Symptom) -> Text:
    line = Text(f"not explained: {symptom.statement}", style="yellow")
    return line.append(_ids(symptom.observations), style="dim")


def _open(rival: Rival) -> Iterable[Text]:
    line = Text(f"  could be: {rival.statement} ({rival.component})")
    yield line.append(f"  {rival.score:.2f}, {rival.reason}", style="dim")
    if rival.decided_by:
        yield Text(f"      would decide: {rival.decided_by[0]}")


def _unmeasured(diagnosis: Diagnosis) -> list[Text]:
    """What is missing where not even a hypothesis is open."""
    said = () if diagnosis.open_rivals else diagnosis.missing_evidence[:SHOWN]
    return [Text(f"  {missing}") for missing in said]


def _ruled_out(refuted: tuple[Rival, ...]) -> list[Text]:
    """What the same fact rules out at the same component is said in one line."""
    lines = [
        Text(f"  ruled out: {'; '.join(group.statements)}: {group.reason}", style="dim").append(
            _ids(group.observations), style="dim"
        )
        for group in ruled_out(refuted)
    ]
    more = len(lines) - SHOWN
    return lines if more <= 0 else [*lines[:SHOWN], Text(f"  ... and {more} more", style="dim")]


def _claim(claim: Claim) -> Text:
    line = Text(f"claimed: {claim.statement}: {CLAIMS[claim.verdict]}: {claim.reason}")
    return line.append(_ids(claim.observations), style="dim")


def _risk(risk: Risk) -> Text:
    how = "fails" if risk.felt else "may fail"
    return Text(f"at risk: {risk.journey} {how}: {risk.value} ({risk.owner})")


def _ids(observations: tuple[str, ...]) -> str:
    return f"  [{', '.join(observations)}]" if observations else ""
