"""Predictions about the packages that a component runs with: which differ, and which its log complains of."""

import re

from goldenpath.diagnosis.evidence import Evidence, text_field
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, seen
from goldenpath.diagnosis.rule import Reading, Site
from goldenpath.facts import Observation

COMPLAINTS = ("log.errors", "log.new", "log.crash", "log.failure", "startup.failed")


def changed_and_blamed(evidence: Evidence, site: Site) -> Reading:
    """A package differs from when the system was last proven well, and an error that the component logs names it."""
    changed = _of(evidence, site, "package.changed")
    if not changed:
        same = _of(evidence, site, "package.unchanged")
        return against(same, "its packages are those of the last good state") if same else UNKNOWN
    said = [o for name in COMPLAINTS for o in _of(evidence, site, name)]
    blamed = [(one, o) for one in changed for o in said if _names(o, text_field(one, "name"))]
    if not blamed:
        return against(changed, "packages differ, and no error names one of them")
    words = ", ".join(
        f"{text_field(p, 'name')} {text_field(p, 'before')} -> {text_field(p, 'after')}" for p, _ in blamed
    )
    return seen([o for pair in blamed for o in pair], f"{words}, and errors name it")


def _names(observation: Observation, package: str) -> bool:
    imported = re.escape(package.replace("-", "_"))
    return bool(re.search(rf"\b({imported}|{re.escape(package)})\b", f"{observation.value} {observation.text}"))


def _of(evidence: Evidence, site: Site, name: str) -> tuple[Observation, ...]:
    subjects = (site.component, *evidence.subjects(f"{site.component}#"))
    return tuple(o for subject in subjects for o in evidence.all(subject, name))
