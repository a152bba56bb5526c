"""What a person supposes in a what-if, read from words: the kind of change, how much of it, and the models."""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from netra.agents.builtin.names import MODEL_LIKE, pattern
from netra.agents.builtin.words import percent
from netra.analytics.queries.what_if import Kind

KINDS: dict[Kind, re.Pattern[str]] = {
    "prompt_caching": re.compile(r"\bcach", re.IGNORECASE),
    "batching": re.compile(r"\bbatch|\bovernight\b", re.IGNORECASE),
    "output_cap": re.compile(
        r"\b(?:cap|capp\w{1,4}|limit\w{0,4}|shorten\w{0,4}|truncat\w{1,4})\b.{0,60}?"
        r"\b(?:output|answer|response|token)"
        r"|\b(?:output|answer|response)s? (?:cap|limit)|\bshorter (?:answer|output|response)",
        re.IGNORECASE,
    ),
    "route_by_difficulty": re.compile(
        r"\brout(?:e|ed|ing)\b|\b(?:easy|easier|simple|simpler) (?:request|question|prompt|task|one)", re.IGNORECASE
    ),
    "move_share": re.compile(
        r"\b(?:mov|switch|shift|migrat|replac)|\binstead of\b|\b(?:us(?:e|ed|ing)|ran|run)\b", re.IGNORECASE
    ),
}
"""In this order: who routes also moves, and who caps with a cache means the cache."""
SHARES = {"half": 50.0, "a third": 33.3, "one third": 33.3, "a quarter": 25.0, "everything": 100.0, "all": 100.0}
SHARE_WORDS = re.compile(r"\b(half|a third|one third|a quarter|everything|all)\b", re.IGNORECASE)
CAP = re.compile(r"\b(\d[\d,]{0,9})\s{0,3}(?:output )?tokens?\b", re.IGNORECASE)
HITS = re.compile(
    r"\bhit rate (?:of |is )?(\d{1,3}(?:\.\d{1,3})?)|\b(\d{1,3}(?:\.\d{1,3})?)\s{0,3}(?:%|percent) (?:cache )?hit",
    re.IGNORECASE,
)
INSTEAD = re.compile(r"\binstead of\b|\brather than\b", re.IGNORECASE)
FROM = re.compile(r"\b(?:from|of|off|replac\w{1,4})\W{0,3}(?:\w{1,20} ){0,3}$", re.IGNORECASE)
SMALLER: dict[str, str] = {
    "gpt-5": "gpt-5-mini",
    "gpt-5-mini": "gpt-5-nano",
    "gpt-4.1": "gpt-4.1-mini",
    "gpt-4.1-mini": "gpt-4.1-nano",
    "gpt-4o": "gpt-4o-mini",
    "gpt-4-turbo": "gpt-4o",
    "gpt-4": "gpt-4o",
    "o3": "o4-mini",
    "claude-opus-4-5": "claude-sonnet-4-5",
    "claude-opus-4-1": "claude-sonnet-4-5",
    "claude-opus-4": "claude-sonnet-4-5",
    "claude-sonnet-4-5": "claude-haiku-4-5",
    "claude-sonnet-4": "claude-haiku-4-5",
    "claude-3-7-sonnet": "claude-haiku-4-5",
    "gemini-2.5-pro": "gemini-2.5-flash",
    "gemini-2.5-flash": "gemini-2.5-flash-lite",
    "gemini-1.5-pro": "gemini-2.5-flash",
    "mistral-large": "mistral-small",
}
"""The next smaller model of the same family: where a search for a cheaper one begins."""
DATED = re.compile(r"[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$")


T = TypeVar("T")


class Supposition(BaseModel):
    """A change to estimate, or why the words do not make one."""

    model_config = ConfigDict(frozen=True)

    arguments: dict[str, JsonValue] | None
    notes: tuple[str, ...] = ()


def smaller(model: str) -> str:
    """The next smaller model of its family; empty when none is known."""
    return SMALLER.get(DATED.sub("", model.rsplit("/", 1)[-1]), "")


def mentioned(texts: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Models in order of mention, as the data spells them, else as written; from the first text that names any."""
    return next((found for text in texts if (found := _in(text, known))), ())


def suppose(texts: Sequence[str], known: Sequence[str], costliest: str = "") -> Supposition:
    """The change that the texts suppose, the newest first.

    `known` are the data's models, the most used first; `costliest` is the one that is meant where the texts say so.
    """
    pair = _pair(texts, known)
    whose = pair[0] or pair[1] or costliest or None
    kind = _first(texts, _kind) or ("move_share" if pair[1] else None)
    match kind:
        case "move_share" | "route_by_difficulty":
            return _move(kind, (pair[0] or costliest, pair[1]), texts, known)
        case "prompt_caching":
            hits = _first(texts, _hits)
            prefix = _first(texts, lambda text: percent(HITS.sub(" ", text)))
            given = {"hit_rate_pct": hits, "cached_prefix_pct": prefix, "from_model": whose}
            return _of(
                kind, given, () if prefix else ("How much of each prompt repeats was not said: see the assumptions.",)
            )
        case "batching":
            share = _first(texts, _share)
            return _of(kind, {"share_pct": share, "from_model": whose}, () if share else (ALL_WAIT,))
        case "output_cap":
            cap = _first(texts, _cap)
            if cap is None:
                return Supposition(arguments=None, notes=("Say at how many tokens answers should end.",))
            return _of(kind, {"max_output_tokens": cap, "from_model": whose}, ())
        case None:
            return Supposition(arguments=None, notes=(POSSIBLE,))


ALL_WAIT = "Which requests can wait was not said, so all are taken to."
POSSIBLE = (
    "I can estimate what these would save: moving a share of requests from one model to another, prompt caching, "
    "batching, a cap on output tokens, and routing easy requests to a smaller model. Name the change and the models."
)


def _move(kind: Kind, pair: tuple[str, str], texts: Sequence[str], known: Sequence[str]) -> Supposition:
    source, target = pair
    notes: list[str] = []
    if not source:
        source = next((model for model in known if model != target and smaller(model) == target), "")
        source = source or next((model for model in known if model != target), "")
        notes.append(f"Which model the requests come from was not said; taken: “{source}”.")
    if not target:
        target = smaller(source)
        if not target:
            return Supposition(arguments=None, notes=(f"Say which model should take over from “{source}”.",))
        notes.append(f"Which model takes over was not said; taken: “{target}”, the next smaller one.")
    if not source or source == target:
        return Supposition(arguments=None, notes=("Say from which model requests should move, and to which.",))
    share = _first(texts, _share) if kind == "move_share" else None
    if kind == "move_share" and share is None:
        notes.append("How much should move was not said, so all of it does.")
    return _of(kind, {"from_model": source, "to_model": target, "share_pct": share}, tuple(notes))


def _of(kind: Kind, given: dict[str, float | int | str | None], notes: tuple[str, ...]) -> Supposition:
    arguments: dict[str, JsonValue] = {"kind": kind}
    arguments |= {name: value for name, value in given.items() if value}
    return Supposition(arguments=arguments, notes=notes)


def _pair(texts: Sequence[str], known: Sequence[str]) -> tuple[str, str]:
    """From which model and to which; empty where it is not said."""
    text = next((text for text in texts if _in(text, known)), "")
    found = _in(text, known)
    if len(found) > 1:
        backwards = INSTEAD.search(text) is not None
        return (found[1], found[0]) if backwards else (found[0], found[1])
    if not found:
        return "", ""
    place = pattern(found[0]).search(text) or re.search(re.escape(found[0]), text)
    before = text[: place.start()] if place else ""
    return (found[0], "") if FROM.search(before) or INSTEAD.search(text) else ("", found[0])


def _in(text: str, known: Sequence[str]) -> tuple[str, ...]:
    places: list[tuple[int, str]] = []
    rest = text
    for model in sorted(known, key=len, reverse=True):
        for match in pattern(model).finditer(rest):
            places.append((match.start(), model))
            rest = rest[: match.start()] + " " * len(match[0]) + rest[match.end() :]
    places += [(match.start(), match[0].rstrip(".:-")) for match in MODEL_LIKE.finditer(rest)]
    return tuple(dict.fromkeys(model for _, model in sorted(places)))


def _kind(text: str) -> Kind | None:
    return next((kind for kind, words in KINDS.items() if words.search(text)), None)


def _share(text: str) -> float | None:
    word = SHARE_WORDS.search(text)
    return percent(text) or (SHARES[word[1].lower()] if word else None)


def _cap(text: str) -> int | None:
    found = CAP.search(text)
    return int(found[1].replace(",", "")) if found else None


def _hits(text: str) -> float | None:
    found = HITS.search(text)
    return float(found[1] or found[2]) if found else None


def _first(texts: Sequence[str], read: Callable[[str], T | None]) -> T | None:
    """What the newest text that says it says."""
    return next((found for text in texts if (found := read(text)) is not None), None)
