"""Predictions about the change itself: what a deploy took away, misspelt, or broke its own start with."""

import re

from goldenpath.diagnosis.edges import views_into
from goldenpath.diagnosis.evidence import Evidence, text_field, variables_of
from goldenpath.diagnosis.readers import env
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, seen
from goldenpath.diagnosis.rule import Reading, Site
from goldenpath.facts import Observation

MANY = 3
"""So many variables, of several components, are not forgotten one by one."""
PAIR = 2
TAKEN = re.compile(r"EADDRINUSE|Errno 98\b|address already in use", re.IGNORECASE)


def removed(evidence: Evidence) -> tuple[Observation, ...]:
    """Variables that the last good revision had and this one lacks."""
    changes = evidence.all("revision", "env.changed")
    return tuple(o for o in changes if text_field(o, "change") == "removed")


def owners_of(evidence: Evidence, variable: str) -> tuple[str, ...]:
    """The components whose address uses this variable."""
    return tuple(n for n, spec in evidence.system.components.items() if variable in variables_of(spec).values())


def were_replaced(evidence: Evidence, site: Site) -> Reading:
    """Variables of several components vanished at once: the deploy set where it should have added."""
    del site
    gone = removed(evidence)
    owners = {owner for o in gone for owner in owners_of(evidence, text_field(o, "variable"))}
    names = ", ".join(sorted(text_field(o, "variable") for o in gone))
    if len(gone) >= MANY and len(owners) > 1:
        return seen(gone, f"{len(gone)} variables vanished at once: {names}")
    known = evidence.all("revision", "env.changed") or evidence.all("revision", "env.unchanged")
    return against(known, f"{len(gone)} variables were removed") if known else UNKNOWN


def misspelt(evidence: Evidence) -> dict[str, str]:
    """Missing variables, each with the new or unknown one that one slip of the hand made of it."""
    broken, changes = evidence.all("revision", "env.violation"), evidence.all("revision", "env.changed")
    missing = {text_field(o, "variable") for o in broken if text_field(o, "rule") in env.MISSING}
    strange = {text_field(o, "variable") for o in broken if text_field(o, "rule") in env.UNKNOWN_NAME}
    strange |= {text_field(o, "variable") for o in changes if text_field(o, "change") == "added"}
    return {m: s for m in sorted(missing) for s in sorted(strange) if is_one_slip(m, s)}


def is_misspelt(evidence: Evidence, site: Site) -> Reading:
    """The variable is missing, and one that nobody reads has almost its name."""
    meant = misspelt(evidence).get(site.variable)
    told = (*evidence.all("revision", "env.violation"), *evidence.all("revision", "env.changed"))
    mine = [o for o in told if text_field(o, "variable") in {site.variable, meant}]
    if meant:
        return seen(mine, f"{meant} is new and nothing reads it, {site.variable} is not set")
    return against(told, "no other name is like it") if told else UNKNOWN


def start_failed(evidence: Evidence, site: Site) -> Reading:
    """The component did not become ready, and its own words say why."""
    found = _failed_starts(evidence, site)
    if found:
        return seen(found, "; ".join(dict.fromkeys(_words(o) for o in found)))
    running = [o for o in evidence.all(site.component, "process.state") if o.value == "running"]
    return against(running, "it started") if running else UNKNOWN


def port_is_taken(evidence: Evidence, site: Site) -> Reading:
    """The component could not listen: somebody else has its port."""
    found = _failed_starts(evidence, site)
    told = [o for o in found if TAKEN.search(f"{_words(o)} {o.text}")]
    if told:
        return seen(told, "its own words: the address is in use already")
    return against(found, "its start failed for another reason") if found else start_failed(evidence, site)


def contract_is_unreadable(evidence: Evidence, site: Site) -> Reading:
    """The revision's own command cannot print its contract with these variables."""
    del site
    found = evidence.get("revision", "env.unreadable")
    if found:
        return seen([found], f"its own words: {_last_line(str(found.value))}")
    ok = evidence.get("revision", "env.ok") or next(iter(evidence.all("revision", "env.violation")), None)
    return against([ok], "the contract can be read") if ok else UNKNOWN


def code_is_the_same(evidence: Evidence, site: Site) -> Reading:
    """No file of the code differs from the last good revision."""
    del site
    changed, same = evidence.get("code", "code.changed"), evidence.get("code", "code.unchanged")
    if changed:
        return against([changed], "the code differs from the last good revision")
    return seen([same], "the code is that of the last good revision") if same else UNKNOWN


def only_this_changed(evidence: Evidence, site: Site) -> Reading:
    """Variables differ from the last good revision, all of which the start's own words may speak of."""
    del site
    found = evidence.all("revision", "env.changed")
    same = evidence.get("revision", "env.unchanged")
    if found:
        words = ", ".join(f"{text_field(o, 'variable')} was {text_field(o, 'change')}" for o in found)
        return seen(found, f"against the last good revision, which starts, {words}")
    return against([same], "nothing differs from the last good revision") if same else UNKNOWN


def neighbours_are_well(evidence: Evidence, site: Site) -> Reading:
    """Every connection of the system works: it waits for nobody."""
    views = views_into(evidence, site.edges)
    bad = [i for view in views if view.failure for i in view.failure.observations]
    if bad:
        return against(bad, "something that it may wait for cannot be reached")
    done = [found for view in views if (found := view.ms("query") or view.ms("auth"))]
    return seen(done, "every connection of the system works") if views and len(done) == len(views) else UNKNOWN


def contract_holds(evidence: Evidence, site: Site) -> Reading:
    """The env contract has no objection, so the value itself must be wrong in a way that only a start shows."""
    del site
    ok, broken = evidence.get("revision", "env.ok"), evidence.all("revision", "env.violation")
    if broken:
        return against(broken, "the contract is broken already")
    return seen([ok], "every rule of the contract holds") if ok else UNKNOWN


def _failed_starts(evidence: Evidence, site: Site) -> list[Observation]:
    failed = (*evidence.named("startup.failed"), *evidence.named("start.failed"))
    return [o for o in failed if (text_field(o, "component") or o.subject.split("#")[0]) == site.component]


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "nothing")


def _words(observation: Observation) -> str:
    return text_field(observation, "cause") or text_field(observation, "statement")


def is_one_slip(one: str, other: str) -> bool:
    """Whether one letter more, less or other, or two neighbours swapped, makes one name of the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    if len(one) == len(other):
        differ = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        swapped = len(differ) == PAIR and differ[1] == differ[0] + 1 and one[differ[0]] == other[differ[1]]
        return len(differ) == 1 or (swapped and one[differ[1]] == other[differ[0]])
    short, long = sorted((one, other), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))
