"""Predictions about the schema and about which revision serves."""

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, seen
from goldenpath.diagnosis.rule import Reading, Site


def migrations_are_pending(evidence: Evidence, site: Site) -> Reading:
    """The revision's own command names migrations that the database does not have."""
    del site
    found = evidence.get("schema", "schema.pending")
    if found is None:
        return UNKNOWN
    names = found.value if isinstance(found.value, list) else []
    if names:
        return seen([found], f"{', '.join(map(str, names))} not applied")
    return against([found], "every migration is applied")


def another_revision_serves(evidence: Evidence, site: Site) -> Reading:
    """The door echoes another revision or configuration than the one deployed."""
    pairs = [
        (expected, served)
        for name in ("revision", "fingerprint")
        if (expected := evidence.get(site.component, f"expected.{name}"))
        and (served := evidence.get(site.component, f"version.{name}"))
    ]
    if not pairs:
        return UNKNOWN
    wrong = [o for pair in pairs if pair[0].value != pair[1].value for o in pair]
    if wrong:
        return seen(wrong, "the door echoes something else than what was deployed")
    return against([o for pair in pairs for o in pair], "the door echoes what was deployed")
