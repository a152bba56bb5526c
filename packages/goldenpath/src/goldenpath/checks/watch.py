"""What a watched revision showed, held against the last good one under the same traffic; pure but for its notes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pydantic import Field, JsonValue

from goldenpath.facts import Finding, Observation, Record, Verdict
from goldenpath.manifest.watch import WatchSpec
from goldenpath.probes.record import Notes, Recorder
from goldenpath.probes.statistics import FEWEST, LARGE, compare, counted, median
from goldenpath.probes.templates import Template
from goldenpath.probes.traffic import Sample, Samples
from goldenpath.probes.vitals import Vital

CHECK, PROBE = "watch", "watch"
MIB = 1 << 20
STILL_GROWS = 0.25
"""Share of what was gained that must fall into the later half: what only warms up stops growing."""
MOST_ERRORS = 5


class Stretch(Record):
    """What was seen of one revision for some time."""

    revision: str = ""
    samples: Samples = Samples()
    vitals: tuple[tuple[Vital, ...], ...] = ()
    """The processes of the revision and of what all share, again and again."""
    errors: dict[str, tuple[Template, ...]] = Field(default_factory=dict[str, tuple[Template, ...]])
    """New kinds of error lines, by component."""


class Watch(Record):
    """What is judged: one revision, against another where there was one."""

    door: str
    """The component with the doors."""
    spec: WatchSpec
    before: Stretch | None
    """The last good revision, just before it lost the traffic; None when it had none."""
    during: Stretch


def judge_watch(recorder: Recorder, watch: Watch) -> tuple[tuple[Observation, ...], tuple[Finding, ...]]:
    """What it showed and a finding for each thing that was watched."""
    judged = [one for look in (_requests, _processes, _errors) for one in look(recorder, watch)]
    return tuple(o for one in judged for o in one.seen), tuple(one.finding() for one in judged)


class _Judged(NamedTuple):
    """What one thing that was watched showed."""

    subject: str
    verdict: Verdict
    statement: str
    seen: tuple[Observation, ...] = ()
    required: bool = True

    def finding(self) -> Finding:
        return Finding(
            check=CHECK,
            subject=self.subject,
            verdict=self.verdict,
            statement=self.statement,
            observations=tuple(o.id for o in self.seen),
            required=self.required,
        )


def _requests(recorder: Recorder, watch: Watch) -> Iterator[_Judged]:
    if watch.before and watch.before.samples.requests:
        yield _beforehand(Notes(recorder, PROBE, watch.door, watch.during.revision), watch.before)
    by_path = _by_path(watch.during.samples)
    failed = sum(bool(s.error) for s in watch.during.samples.requests)
    for path, samples in by_path.items():
        notes = Notes(recorder, PROBE, watch.door, watch.during.revision)
        yield _served(notes, path, samples, is_too_many=failed > watch.spec.failures)
        if watch.before:
            earlier = _by_path(watch.before.samples).get(path, ())
            yield _in_time(Notes(recorder, PROBE, watch.door, watch.during.revision), watch, (earlier, samples))
    if not by_path:
        yield _Judged(watch.door, "not_proven", "no request was answered or refused")


def _beforehand(notes: Notes, before: Stretch) -> _Judged:
    """How the last good revision served the same requests: shown, and no ground against the one that is watched."""
    count, failed = len(before.samples.requests), sum(bool(s.error) for s in before.samples.requests)
    words = f"{failed} of {count} requests failed at {before.revision} just before"
    notes.note("watch.before", {"revision": before.revision, "count": count, "failed": failed}, words)
    return _Judged(notes.subject, "pass", words, notes.taken)


def _served(notes: Notes, path: str, samples: Sequence[Sample], *, is_too_many: bool) -> _Judged:
    errors = Counter(s.error for s in samples if s.error)
    failed = sum(errors.values())
    value: dict[str, JsonValue] = {
        "path": path,
        "count": len(samples),
        "failed": failed,
        "errors": dict(errors),
        "middle_ms": median([s.ms for s in samples]),
    }
    kinds = ", ".join(f"{n} times {error}" for error, n in errors.most_common())
    words = f"{failed} of {len(samples)} requests to {path} failed{f': {kinds}' if kinds else ''}"
    verdict: Verdict = "fail" if failed and is_too_many else "pass"
    notes.note("watch.failed" if verdict == "fail" else "watch.requests", value, words)
    return _Judged(notes.subject, verdict, words, notes.taken)


def _in_time(notes: Notes, watch: Watch, series: tuple[Sequence[Sample], Sequence[Sample]]) -> _Judged:
    """Whether the requests that were served took about as long as at the last good revision."""
    earlier, later = ([s.ms for s in samples if not s.error] for samples in series)
    path = series[1][0].path
    if watch.before is None or min(len(earlier), len(later)) < FEWEST:
        words = f"{path}: too few requests to compare their times"
        return _Judged(notes.subject, "not_proven", words, required=False)
    found, then, now = compare(counted(earlier), counted(later)), median(earlier), median(later)
    busier = _busier(watch)
    allowed = max(watch.spec.slower * max(1.0, busier) * then, then + watch.spec.slower_ms)
    words = f"{path} takes {now:.1f} ms in the middle, {then:.1f} ms at {watch.before.revision}"
    value: JsonValue = {
        "path": path,
        "before": then,
        "after": now,
        "allowed": round(allowed, 3),
        "effect": round(found.effect, 3),
        "p": found.p,
        "measurements": [found.before, found.after],
        "machine": round(busier, 3),
    }
    is_slower = found.counts and found.effect > 0 and now > allowed
    notes.note("watch.slower" if is_slower else "watch.as_fast", value, words)
    return _Judged(notes.subject, "fail" if is_slower else "pass", words, notes.taken)


def _busier(watch: Watch) -> float:
    """How many times as long the same piece of work of ours took: that much is the machine and not the revision."""
    before = watch.before.samples.yardstick_ms if watch.before else ()
    during = watch.during.samples.yardstick_ms
    return median(during) / max(0.001, median(before)) if before and during else 1.0


def _processes(recorder: Recorder, watch: Watch) -> Iterator[_Judged]:
    first = watch.during.vitals[0] if watch.during.vitals else ()
    for vital in first:
        seen = [v for moment in watch.during.vitals for v in moment if _same(v, vital)]
        notes = Notes(recorder, PROBE, vital.component, watch.during.revision)
        other = next((v for v in seen if v.pid != vital.pid or v.state in {"exited", "missing"}), None)
        if other is not None:
            value: JsonValue = {"replica": vital.replica, "pid": vital.pid, "exit_code": other.exit_code}
            code = "" if other.exit_code is None else f" with exit code {other.exit_code}"
            words = f"{vital.component}: process {vital.pid} ended{code} while it was watched"
            notes.note("watch.ended", value, words)
            yield _Judged(vital.component, "fail", words, notes.taken)
        else:
            yield _memory(notes, watch, seen)


def _memory(notes: Notes, watch: Watch, seen: Sequence[Vital]) -> _Judged:
    held = [v.resident for v in seen if v.resident]
    if len(held) < 2 * FEWEST:
        words = f"{notes.subject} ran all the time"
        return _Judged(notes.subject, "pass", words)
    grown = (held[-1] - held[0]) / MIB
    usual = _usual_growth(watch, seen[0])
    half = len(held) // 2
    later = (held[-1] - held[half]) / MIB
    spread = compare(counted([float(h) for h in held[:half]]), counted([float(h) for h in held[half:]]))
    steady = spread.effect >= LARGE and later >= STILL_GROWS * grown
    leaks = steady and grown - usual > watch.spec.memory_mb
    words = f"{notes.subject} went from {held[0] / MIB:.0f} to {held[-1] / MIB:.0f} MiB"
    requests = len(watch.during.samples.requests)
    value: JsonValue = {
        "replica": seen[0].replica,
        "before": held[0],
        "after": held[-1],
        "grown_mib": round(grown, 1),
        "usual_mib": round(usual, 1),
        "requests": requests,
        "effect": round(spread.effect, 3),
    }
    notes.note("watch.grown" if leaks else "watch.memory", value, f"{words} in {requests} requests")
    return _Judged(notes.subject, "fail" if leaks else "pass", words, notes.taken)


def _usual_growth(watch: Watch, vital: Vital) -> float:
    """What the last good revision would have grown by under as many requests, in MiB."""
    if watch.before is None or not watch.before.samples.requests:
        return 0.0
    held = [v.resident for moment in watch.before.vitals for v in moment if _same(v, vital) and v.resident]
    share = len(watch.during.samples.requests) / len(watch.before.samples.requests)
    return max(0.0, (held[-1] - held[0]) / MIB * share) if held else 0.0


def _errors(recorder: Recorder, watch: Watch) -> Iterator[_Judged]:
    is_too_many = sum(map(len, watch.during.errors.values())) > watch.spec.new_errors
    for component, templates in watch.during.errors.items():
        notes = Notes(recorder, PROBE, component, watch.during.revision)
        words = f"{component} logged no error that is new"
        for template in templates[:MOST_ERRORS]:
            words = f"{component} logs what {_other(watch)} did not, {template.count} times: {template.text[:200]}"
            value: JsonValue = {"level": template.level, "text": template.text, "count": template.count}
            notes.note("watch.complaint" if is_too_many else "watch.complaint_allowed", value, words)
        yield _Judged(component, "fail" if templates and is_too_many else "pass", words, notes.taken)


def _other(watch: Watch) -> str:
    return watch.before.revision if watch.before else "the last good revision"


def _same(one: Vital, other: Vital) -> bool:
    return (one.component, one.replica) == (other.component, other.replica)


def _by_path(samples: Samples) -> dict[str, tuple[Sample, ...]]:
    return {
        path: tuple(s for s in samples.requests if s.path == path)
        for path in dict.fromkeys(s.path for s in samples.requests)
    }
