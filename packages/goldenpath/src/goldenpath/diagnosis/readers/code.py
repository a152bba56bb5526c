"""Predictions about the code that a revision carries: whether it loads, what changed in it, how it ends."""

import re
from collections.abc import Collection

from goldenpath.diagnosis.edges import EdgeView
from goldenpath.diagnosis.evidence import Evidence, edge_name, field, text_field
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, any_seen, seen
from goldenpath.diagnosis.readers.journey import contract_is_broken
from goldenpath.diagnosis.rule import Read, Reading, Site
from goldenpath.diagnosis.symptoms import HTTP_OK, SWITCHING_PROTOCOLS, ended_well
from goldenpath.facts import Observation

SUBJECT = "code"
ABSENT = frozenset({"ModuleNotFoundError"})
LACKS_SCHEMA = re.compile(
    r"(column|relation|table|function|type)\s[^\n]{1,300}?\sdoes not exist"
    r"|\bUndefined(Column|Table|Function)|\b42(703|P01|883)\b|Unknown (table|column|identifier|expression identifier)",
    re.IGNORECASE,
)
"""How a database says that a statement names what its schema does not have."""
ENDED = frozenset({"spawn", "exit"})
MOST_WORDS = 160
COMPLAINTS = (
    "log.errors",
    "log.crash",
    "log.failure",
    "run.terminal",
    "startup.failed",
    "start.failed",
    "test.outcome",
    "request.unmet",
)
"""Where the words of a database may be repeated."""


def does_not_load(*, absent: bool) -> Read:
    """A module does not compile or import; `absent`: because another module is not there."""

    def read(evidence: Evidence, site: Site) -> Reading:
        del site
        found = evidence.named("code.broken")
        mine = [o for o in found if (text_field(o, "kind") in ABSENT) is absent]
        if mine:
            return seen(mine, "; ".join(_place(o) for o in mine[:2]))
        good = evidence.get(SUBJECT, "code.ok")
        if good:
            return against([good], "every module of the revision compiles and imports")
        return against(found, _place(found[0])) if found else UNKNOWN

    return read


def code_changed(evidence: Evidence, site: Site) -> Reading:
    """The code differs from that of the last good revision, at best by a change that was found by trying."""
    del site
    changed = evidence.get(SUBJECT, "code.changed")
    found = evidence.get(SUBJECT, "code.culprit")
    if changed and found:
        return seen([changed, found], _culprit(found))
    if changed:
        return seen([changed], f"against the last good revision {changed.text[:MOST_WORDS]}")
    same = evidence.get(SUBJECT, "code.unchanged")
    return against([same], "the code is that of the last good revision") if same else UNKNOWN


def variables_unchanged(evidence: Evidence, site: Site) -> Reading:
    """No variable differs from the last good revision: the configuration is the same."""
    del site
    same = evidence.get("revision", "env.unchanged")
    if same and same.value is True:
        return seen([same], "no variable differs from the last good revision")
    changed = evidence.all("revision", "env.changed")
    return against(changed, "variables differ as well") if changed else UNKNOWN


def crashed(evidence: Evidence, site: Site) -> Reading:
    """The component's log ends in an exception that began in the revision's own code."""
    found = [o for o in evidence.named("log.crash") if o.subject.split("#")[0] == site.component]
    own = [o for o in found if text_field(o, "file")]
    if own:
        return seen(own, f"{own[-1].text[:MOST_WORDS]}")
    return against(found, "the exception began in none of its files") if found else UNKNOWN


def ended_by_itself(evidence: Evidence, site: Site) -> Reading:
    """A process of the component ended with an exit code of its own, at its start or later; a signal is none."""
    starts = [o for o in evidence.named("start.failed") if text_field(o, "component") == site.component]
    early = [o for o in starts if text_field(o, "phase") in ENDED]
    codes = [o for o in evidence.named("process.exit_code") if o.subject.split("#")[0] == site.component]
    own = [o for o in codes if isinstance(o.value, int) and o.value > 0]
    if early or own:
        return seen([*early, *own], "the process ended by itself")
    return against([*starts, *codes], "it did not end by itself") if starts or codes else UNKNOWN


def breaches(rules: Collection[str]) -> Read:
    """A migration that is about to run breaks one of these rules."""

    def read(evidence: Evidence, site: Site) -> Reading:
        del site
        found = [o for o in evidence.named("migration.breach") if text_field(o, "rule") in rules]
        if found:
            return seen(found, "; ".join(f"{text_field(o, 'name')}: {text_field(o, 'message')}" for o in found[:2]))
        good = evidence.get("schema", "migration.ok")
        return against([good], "the migrations are in order and take nothing away") if good else UNKNOWN

    return read


def lacks_schema(evidence: Evidence, site: Site) -> Reading:
    """A database says that a statement of this revision names what the schema does not have."""
    del site
    said = [(o, words) for o in _complaints(evidence) if (words := _words(o)) and LACKS_SCHEMA.search(words)]
    if said:
        found = LACKS_SCHEMA.search(said[0][1])
        return seen((o for o, _ in said), f"the database says: {found[0] if found else said[0][1][:MOST_WORDS]}")
    return UNKNOWN


def behaves_badly(evidence: Evidence, site: Site) -> Reading:
    """A synthetic run through the revision's own door does not go as it must, or tests are red with this code alone."""
    if found := _tried_with_tests(evidence):
        red = [o for name in _tests(found) if (o := evidence.get(f"test:{name}", "test.outcome"))]
        return seen([*red, found], f"{', '.join(_tests(found))} fails with it, again and again")
    return any_seen(_ran(evidence, journey, badly=True) for journey in site.journeys)


def last_good_behaves(evidence: Evidence, site: Site) -> Reading:
    """The same run, through the last good revision's door, goes as it must; or the same tests pass with its code."""
    if found := _tried_with_tests(evidence):
        return seen([found], "the same tests pass with the last good revision's code and this one's variables")
    return any_seen(_ran(evidence, s, badly=False) for j in site.journeys for s in evidence.subjects(f"{j}@"))


def an_edge_fails(evidence: Evidence, site: Site) -> Reading:
    """A dependency of the revision is not reached, or too slow."""
    del site
    views = [EdgeView(evidence, edge_name(e)) for e in evidence.system.edges]
    wrong = [i for v in views if v.failure for i in v.failure.observations]
    wrong += [o.id for v in views for o in v.over_budget()]
    if wrong:
        return seen(wrong, "a dependency is not reached as it should be")
    measured = [o for v in views for p in ("query", "auth", "tcp") if (o := v.ms(p))]
    return against(measured, "every dependency answers within its budget") if measured else UNKNOWN


def _tried_with_tests(evidence: Evidence) -> Observation | None:
    """A search that ran red tests with either code."""
    found = evidence.get(SUBJECT, "code.culprit")
    return found if found and _tests(found) else None


def _tests(found: Observation) -> list[str]:
    listed = field(found, "tests")
    return [str(name) for name in listed] if isinstance(listed, list) else []


def _culprit(found: Observation) -> str:
    tries = field(found, "tries")
    proof = f"without it the revision does well, in {tries} tries" if tries else "nothing else differs"
    return f"{found.text} ({proof})" if field(found, "certain") else f"somewhere in {found.text}"


def _ran(evidence: Evidence, subject: str, *, badly: bool) -> Reading:
    wrong = _wrong(evidence, subject)
    if wrong:
        return (seen if badly else against)(wrong, f"the run fails: {wrong[0].name} is {str(wrong[0].value)[:80]}")
    ended = [o for name in ("run.terminal", "requests.done") if (o := evidence.get(subject, name))]
    if not ended:
        return UNKNOWN
    return (against if badly else seen)(ended, "the same run goes well there" if not badly else "the run goes well")


def _wrong(evidence: Evidence, subject: str) -> list[Observation]:
    """What of this run is not as it must be."""
    journey = subject.split("@", maxsplit=1)[0]
    conversation = evidence.system.journeys[journey.removeprefix("journey:")].conversation
    wrong = _refused(evidence, subject)
    terminal = evidence.get(subject, "run.terminal")
    if terminal and conversation and not ended_well(terminal, conversation):
        wrong.append(terminal)
    if terminal and subject == journey and contract_is_broken(evidence, _at(subject)).state == "seen":
        wrong += [o for name in ("run.breaches", "run.missing") if (o := evidence.get(subject, name)) and o.value]
    unmet, done = evidence.get(subject, "request.unmet"), evidence.get(subject, "requests.done")
    return wrong + ([unmet] if unmet and (done is None or done.at < unmet.at) else [])


def _at(subject: str) -> Site:
    return Site(component="", nodes=(), journeys=(subject,))


def _refused(evidence: Evidence, subject: str) -> list[Observation]:
    found = [o for name in ("login.error", "socket.error") if (o := evidence.get(subject, name))]
    for name, good in (("login.status", HTTP_OK), ("socket.status", (SWITCHING_PROTOCOLS,))):
        if (o := evidence.get(subject, name)) and o.value not in good:
            found.append(o)
    return found + [o for n in ("socket.ready", "run.accepted") if (o := evidence.get(subject, n)) and o.value is False]


def _complaints(evidence: Evidence) -> list[Observation]:
    return [o for name in COMPLAINTS for o in evidence.named(name) if "@" not in o.subject]


def _words(observation: Observation) -> str:
    fields = " ".join(
        text_field(observation, name) for name in ("text", "message", "error", "cause", "reason", "statement")
    )
    return f"{observation.text} {fields}"


def _place(observation: Observation) -> str:
    place = f"{text_field(observation, 'file')}:{field(observation, 'line')}: " if field(observation, "file") else ""
    return f"{place}{text_field(observation, 'kind')}: {text_field(observation, 'message')[:MOST_WORDS]}"
