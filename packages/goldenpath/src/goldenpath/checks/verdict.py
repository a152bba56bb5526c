"""The one verdict of many findings; pure."""

from collections.abc import Iterable

from goldenpath.facts import Finding, Verdict


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Over required findings: one fail fails, else one gap leaves it not proven; nothing checked is not proven."""
    verdicts = {finding.verdict for finding in findings if finding.required}
    if "fail" in verdicts:
        return "fail"
    return "pass" if verdicts == {"pass"} else "not_proven"
