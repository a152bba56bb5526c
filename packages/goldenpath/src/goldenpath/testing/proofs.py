"""From what an independent reader found, and what the test process saw, to the proofs of one test; pure."""

from collections.abc import Iterable

from goldenpath.facts import Proof, Record, Verdict
from goldenpath.testing.lines import Finished, TestInfo
from goldenpath.testing.target import Target


class Findings(Record):
    """What the independent reader found outside the test process."""

    log_lines: int | None = None
    """Log lines that carry the nonce; nothing when it was not asked for."""
    rows: int | None = None
    revision: str = ""
    """What the target's version door said after the test."""
    fingerprint: str = ""
    trouble: str = ""
    """Why something could not be read."""
    replacers: tuple[str, ...] = ()
    """Libraries that the test's files import to replace real things."""


def prove(test: TestInfo, finished: Finished, findings: Findings, target: Target) -> tuple[Proof, ...]:
    """Every proof this test owes, holding or not, in a fixed order."""
    places = [("nonce_in_log", findings.log_lines, "log lines"), ("nonce_in_rows", findings.rows, "rows")]
    nonces = [_nonce(kind, found, test.nonce, words, findings) for kind, found, words in places if found is not None]
    if test.sources and not nonces:
        text = "nobody can look for the test's nonce: the manifest's [proof] names neither a log nor rows"
        nonces = [Proof(kind="nonce_in_log", verdict="not_proven", text=text)]
    told = bool(target.version_path)
    return (
        *nonces,
        *((_revision(finished, findings, target),) if target.revision_field or target.revision_header else ()),
        *((_fingerprint(findings, target),) if told and target.fingerprint_field else ()),
        _executed(finished),
        _sockets(finished, findings, target),
    )


def _verdict(*, holds: bool) -> Verdict:
    return "pass" if holds else "not_proven"


def _nonce(kind: str, found: int, nonce: str, words: str, findings: Findings) -> Proof:
    text = f"{nonce} found in {found} {words}"
    trouble = f": {findings.trouble}" if findings.trouble and not found else ""
    return Proof.model_validate({"kind": kind, "verdict": _verdict(holds=found > 0), "text": text + trouble})


def _revision(finished: Finished, findings: Findings, target: Target) -> Proof:
    seen = {*finished.evidence.revisions, findings.revision} - {""}
    named = len(finished.evidence.revisions) > 0 or not target.revision_header
    told = findings.revision == target.revision or not target.version_path
    holds = named and told and seen == {target.revision}
    text = f"{finished.evidence.responses} responses and the version door name {_listed(seen)}"
    return Proof(kind="revision", verdict=_verdict(holds=holds), text=f"{text}; deployed {target.revision}")


def _fingerprint(findings: Findings, target: Target) -> Proof:
    holds = bool(target.fingerprint) and findings.fingerprint == target.fingerprint
    text = f"the version door names {findings.fingerprint or 'none'}; deployed {target.fingerprint or 'unknown'}"
    return Proof(kind="fingerprint", verdict=_verdict(holds=holds), text=text)


def _executed(finished: Finished) -> Proof:
    runs = finished.evidence.runs
    holds = runs == 1 and finished.outcome in {"passed", "failed", "error"}
    return Proof(kind="not_skipped", verdict=_verdict(holds=holds), text=f"{finished.outcome}, ran {runs} times")


def _sockets(finished: Finished, findings: Findings, target: Target) -> Proof:
    peers = finished.evidence.peers
    allowed = "{}:{}".format(*target.peer)
    foreign = [peer for peer in peers if peer != allowed]
    replaced = [*findings.replacers, *finished.evidence.substitutes]
    holds = bool(peers) and not foreign and not replaced
    text = f"sockets went to {_listed(peers)}; the target is {allowed}; replaced by {_listed(replaced)}"
    return Proof(kind="sockets", verdict=_verdict(holds=holds), text=text)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
