"""One diagnosis as a page: what was seen, what it proves, what it leaves open, and each fact that is cited."""

from collections.abc import Sequence

from goldenpath.facts import Diagnosis, Observation
from goldenpath.worklog.render import template
from goldenpath.worklog.rivals import of_each_component, ruled_out

CLAIMS = {"named": "so it is", "open": "not decided", "refuted": "refuted", "no_state": "no cause"}


def page(system: str, revision: str, diagnosis: Diagnosis, observations: Sequence[Observation]) -> str:
    """The page as Markdown; the same for the same evidence."""
    ordered = sorted(observations, key=lambda o: (o.at, len(o.id), o.id))
    shown = of_each_component(diagnosis.open_rivals)
    times = [o.at.isoformat(sep=" ", timespec="minutes") for o in ordered[:1] + ordered[-1:]]
    return template("diagnosis.md.j2").render(
        d=diagnosis,
        system=system,
        revision=revision,
        verdict_words=_title(diagnosis),
        observations=ordered,
        begun=times[0] if times else "",
        ended=times[-1] if times else "",
        shown=shown,
        more=len(diagnosis.open_rivals) - len(shown),
        ruled_out=ruled_out(diagnosis.refuted),
        claims=CLAIMS,
    )


def _title(diagnosis: Diagnosis) -> str:
    if diagnosis.causes:
        return "; ".join(f"{cause.component}: {cause.statement}" for cause in diagnosis.causes)
    return "nothing is wrong" if diagnosis.verdict == "pass" else "the cause is not proven"
