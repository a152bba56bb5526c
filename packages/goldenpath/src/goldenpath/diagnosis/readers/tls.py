"""Predictions about encryption: what is wrong with a certificate, and which side speaks plain text."""

from goldenpath.diagnosis.edges import EdgeView, Failure, views_into
from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, any_seen, seen
from goldenpath.diagnosis.rule import Reading, Site

SURE = frozenset({"plaintext_peer"})
DOUBTFUL = frozenset({"timeout", "closed"})
"""What a peer that speaks no TLS looks like, and a silent process, too."""


def sides_differ(evidence: Evidence, site: Site) -> Reading:
    """One side speaks TLS and the other plain text."""
    return any_seen(_differ(view) for view in views_into(evidence, site.edges))


def _differ(view: EdgeView) -> Reading:
    failure = view.failure
    if failure is None or failure.reported:
        return _works(view)
    if failure.phase == "first_byte":
        return _expected(view, failure)
    if failure.phase != "tls":
        return against(failure.observations, f"it ends at {failure.phase} with {failure.code}")
    plain = view.flag("tls.plain")
    if failure.code in SURE or (failure.code in DOUBTFUL and plain is not None and plain.value == "ok"):
        ids = [*failure.observations, *([plain.id] if plain else [])]
        return seen(ids, "the server speaks plain text, and was asked for TLS")
    if failure.code in DOUBTFUL and plain is None:
        return UNKNOWN
    return against(failure.observations, f"the hand-shake itself fails: {failure.code}")


def _expected(view: EdgeView, failure: Failure) -> Reading:
    """Plain text was not answered."""
    offered = view.flag("tls.offered")
    ids = [*failure.observations, *([offered.id] if offered else [])]
    if failure.code == "tls_expected" or (offered is not None and offered.value == "ok"):
        return seen(ids, "the server speaks TLS, and was asked in plain text")
    if offered is None and failure.code == "closed":
        return UNKNOWN
    return against(
        ids, "what speaks TLS is not silent" if offered is None else "it does not shake hands for TLS, either"
    )


def _works(view: EdgeView) -> Reading:
    query = view.ms("query") or view.ms("first_byte")
    return against([query], f"{view.subject} is spoken to as it wants") if query else UNKNOWN
