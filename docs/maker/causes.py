"""`causes.md`: the catalogue of causes, each with what it predicts and what refutes it."""

from collections.abc import Iterable
from typing import get_args

from goldenpath.diagnosis.catalogue.index import RULES
from goldenpath.diagnosis.rule import CauseRule, FixKind, Prediction

from .markdown import code, page

FIXES: dict[FixKind, str] = {
    "variable": "`restore_variable` from the last good revision, or `strip_variable` where white space is the flaw",
    "restart": "`restart` of the component",
    "continue_process": "`continue_process` for each stopped process",
    "migrations": "`run_migrations` with the manifest's command",
    "roll_back": "`roll_back` to the last good revision",
    "none": "none that the loop could make; a person has to act",
}
CHANGED = "what changed against the last good revision"
INTRODUCTION = """\
# Causes

A cause is a change of state. Each line below names what is looked at and the probe that looks; a function of the
catalogue says whether a reading agrees.

- Every *must agree* agrees and no *can refute* does: the cause is confirmed. One is measured otherwise: it is refuted.
  One was not measured: it stays open, and `goldenpath why` asks for the probe that decides.
- A confirmed cause is `proven` when one of its *should agree* agrees, too, and every rival is refuted; else it is
  `likely`. One that a deeper confirmed cause explains is no cause but an effect.
- A *rival* is what people tend to blame instead; the chain of whys says what refuted it.
- A *missing control* is why it was not caught, never why it happened.

Probes are described in [observations.md](observations.md). `edge_samples` connects several times; `edge_at_last_good`
goes to the address of the last good revision."""
RIVALS = """\
Explanations that tempt people and that no observation here can prove. They stand in a chain of whys as refuted, or stay
open and are said."""


def made() -> str:
    """The page."""
    missing = set(get_args(FixKind)) - FIXES.keys()
    if missing:
        message = f"say in {__name__} what these fixes do: {', '.join(sorted(missing))}"
        raise KeyError(message)
    causes = [_section(rule) for rule in RULES.values() if rule.names == "cause"]
    rivals = [_section(rule) for rule in RULES.values() if rule.names == "rival"]
    return page([INTRODUCTION], *_flat(causes), ["## Rivals only"], [RIVALS], *_flat(rivals))


def _flat(sections: Iterable[tuple[list[str], ...]]) -> list[list[str]]:
    return [part for section in sections for part in section]


def _section(rule: CauseRule) -> tuple[list[str], ...]:
    level = "##" if rule.names == "cause" else "###"
    rivals = ", ".join(f"[{code(rival)}](#{rival})" for rival in rule.rivals)
    changed = [f"- should agree: {CHANGED} (`env`)"] if rule.change else []
    lines = [
        *_predicted("must agree", rule.must),
        *_predicted("should agree", rule.should),
        *changed,
        *_predicted("can refute", rule.refuters),
        *(["- last resort: named only for what no other cause explains"] if rule.last_resort else []),
        *([f"- rivals: {rivals}"] if rivals else []),
        *([f"- missing control: {_filled(rule.missing_control)}"] if rule.missing_control else []),
        *([f"- fix: {FIXES[rule.fix]}"] if rule.names == "cause" else []),
    ]
    said = f"{_sentence(rule.claim)} Then {_filled(rule.mechanism)}."
    return [f"{level} {code(rule.id)}"], [said], lines


def _predicted(what: str, predictions: tuple[Prediction, ...]) -> list[str]:
    return [f"- {what}: {p.states} ({code(p.probe) if p.probe else 'a person has to look'})" for p in predictions]


def _filled(text: str) -> str:
    """The text with words for what is filled in when the cause is named."""
    return text.replace("{component}", "the component").replace("{variable}", "the variable")


def _sentence(claim: str) -> str:
    filled = _filled(claim)
    return f"{filled[:1].upper()}{filled[1:]}."
