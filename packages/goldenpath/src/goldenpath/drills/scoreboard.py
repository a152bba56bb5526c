"""The scoreboard in words: one line a drill, one a group, and the totals beside chance and a naive reader."""

from collections.abc import Sequence

from goldenpath.drills.model import DrillResult, Summary
from goldenpath.drills.score import summarise


def line(result: DrillResult) -> str:
    """One drill."""
    if result.not_run:
        return f"----  {result.id:32} {result.reason}"
    mark = "pass" if result.passed else "FAIL"
    cause = f"cause after {result.cause_s:.1f} s" if result.cause_s is not None else "no time to the cause"
    named = ", ".join(result.named) or "nothing"
    return f"{mark}  {result.id:32} named {named}; {cause}; {result.reason} ({result.seconds:.0f} s)"


def lines(results: Sequence[DrillResult]) -> list[str]:
    """Every drill, every group, the totals."""
    groups = sorted({r.group for r in results})
    by_group = [_group(name, summarise([r for r in results if r.group == name])) for name in groups if name]
    return [*(line(r) for r in results), "", *by_group, *_totals(summarise(results))]


def _group(name: str, total: Summary) -> str:
    skipped = f", {total.not_run} not run" if total.not_run else ""
    alarms = f"; {total.false_alarms} false alarms in {total.controls} controls" if total.controls else ""
    faults = f"right first {total.right_first} of {total.faults}" if total.faults else ""
    fixed = f"; fixed {total.fixed} of {total.repairable}" if total.repairable else ""
    return f"{name:10} {total.passed} of {total.drills} passed{skipped}: {faults}{fixed}{alarms}".rstrip(": ")


def _totals(total: Summary) -> list[str]:
    first, in_three = _share(total.right_first, total.faults), _share(total.right_in_three, total.faults)
    beside = f"chance {total.chance:.0%}, a reader who blames the first component that fails (the component alone)"
    wrong = _share(total.wrong, total.faults)
    times = (_seconds(s) for s in (total.detected_s, total.cause_s, total.cause_s_max))
    return [
        f"{total.passed} of {total.drills} drills passed, {total.not_run} not run",
        f"right cause first {first}, in three {in_three}",
        f"beside it: {beside} {_share(total.naive, total.faults)}",
        f"abstained {total.abstained}, wrong and confident {wrong}",
        f"false alarms {total.false_alarms} of {total.controls} controls",
        "first symptom after {}, cause {} later, the slowest {}".format(*times),
        f"fixed {_share(total.fixed, total.repairable)} of those the loop may mend, undone {total.undone}",
    ]


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.0%})" if whole else "0 of 0"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"
