"""Faults that stand in no list: the recorded evidence of each drill, judged without the rule that names its cause.

What is left may name another state of the same component, or nothing; never somebody else. The same holds for faults
that were invented to have no rule: `unlisted` has each as a drill that was run, and what was seen of it.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from goldenpath.diagnosis.bundle import Bundle, parse
from goldenpath.diagnosis.catalogue.index import RULES
from goldenpath.diagnosis.engine import diagnose
from goldenpath.drills.files import load
from goldenpath.drills.injections import ChangeVariable
from goldenpath.drills.model import Drill
from goldenpath.facts import Cause, Diagnosis

ROOT = Path(__file__).resolve().parents[3]
RECORDED = {path.stem: path for path in sorted((Path(__file__).parent / "bundles").rglob("*.json"))}
DRILLS = {drill.id: drill for drill in load(ROOT / "drills") if drill.id in RECORDED}
FAULTS = sorted(name for name, drill in DRILLS.items() if drill.expect is not None)
UNLISTED = Path(__file__).parent / "unlisted"
INVENTED = {drill.id: drill for drill in load(UNLISTED)}
EFFECT_ALONE = {("postgres-connect-5s", "edge"), ("llm-url-not-tls", "edge"), ("llm-url-not-tls", "deploy")}
"""Without what shows why a process ended its own start, all there is to see is that it ended and does not listen."""
BUSY = {("code-before-migration", "env")}
"""Recorded where each connection took a second; that the address is the last good one's, which is fast, says env."""
MOST_SHOWN = 3
"""So often the same state may be shown by different probes."""
SUMS = {"variables_replaced"}
"""A cause that is many at once: without its rule each of them is named, and is true."""
QUICK = settings(max_examples=20, deadline=None)


def bundle_of(name: str) -> Bundle:
    return parse(RECORDED[name].read_text(encoding="utf-8"), name)


def components(drill: Drill) -> set[str]:
    """Where the fault is, and where else the drill says that something is wrong."""
    expected = drill.expect
    return {expected.component, *(one.split(":")[0] for one in expected.also)} if expected else set()


def named(diagnosis: Diagnosis) -> set[str]:
    return {cause.component for cause in diagnosis.causes}


def names_the_change(cause: Cause, drill: Drill) -> bool:
    injected = {i.variable for i in drill.inject if isinstance(i, ChangeVariable)}
    return bool(injected) and cause.id.startswith("change_") and cause.detail.get("variables") == [*injected]


@pytest.fixture
def without_rule(request: pytest.FixtureRequest) -> Iterator[str]:
    """The drill's name; the catalogue lacks the rule of its cause, and has it again afterwards, in its place."""
    name: str = request.param
    expected = DRILLS[name].expect
    assert expected is not None
    whole = dict(RULES)
    RULES.clear()
    for rule_id, rule in whole.items():
        rivals = tuple(rival for rival in rule.rivals if rival != expected.cause)
        if rule_id != expected.cause:
            RULES[rule_id] = rule.model_copy(update={"rivals": rivals})
    yield name
    RULES.clear()
    RULES.update(whole)


@pytest.mark.parametrize("without_rule", FAULTS, indirect=True)
def test_a_fault_without_a_rule_is_nobody_elses(without_rule: str) -> None:
    drill, bundle = DRILLS[without_rule], bundle_of(without_rule)
    diagnosis = diagnose(bundle.system, bundle.observations)
    if drill.expect and drill.expect.cause in SUMS:
        assert diagnosis.causes
        return
    # That the very change which was made is to blame is true wherever it showed.
    others = [cause for cause in diagnosis.causes if not names_the_change(cause, drill)]
    assert {cause.component for cause in others} <= components(drill)
    assert diagnosis.symptoms
    if not diagnosis.causes:
        assert diagnosis.verdict == "not_proven"
        assert diagnosis.missing_evidence


@pytest.mark.parametrize("name", sorted(INVENTED))
def test_an_invented_fault_is_nobody_elses(name: str) -> None:
    drill, bundle = INVENTED[name], parse((UNLISTED / f"{name}.json").read_text(encoding="utf-8"), name)
    assert drill.expect is not None
    assert drill.expect.cause not in RULES
    diagnosis = diagnose(bundle.system, bundle.observations)
    assert diagnosis.symptoms
    assert named(diagnosis) <= components(drill)
    if not diagnosis.causes:
        assert diagnosis.verdict == "not_proven"
        assert diagnosis.missing_evidence


@QUICK
@given(st.sampled_from(FAULTS), st.integers(0, 2**32))
def test_the_order_of_real_evidence_does_not_matter(name: str, seed: int) -> None:
    bundle = bundle_of(name)
    shuffled = random.Random(seed).sample(bundle.observations, len(bundle.observations))  # noqa: S311 - an order
    assert diagnose(bundle.system, shuffled) == diagnose(bundle.system, bundle.observations)


@QUICK
@given(st.sampled_from(FAULTS))
def test_without_what_names_it_a_real_cause_is_not_named(name: str) -> None:
    """What shows a cause twice may be taken away once; when the last of it is gone, so is the cause."""
    bundle = bundle_of(name)
    left = list(bundle.observations)
    first = found = diagnose(bundle.system, left).causes
    for _ in range(MOST_SHOWN):
        cited = {i for c in found for link in c.chain if link.answer == c.statement for i in link.observations}
        left = [o for o in left if o.id not in cited]
        found = diagnose(bundle.system, left).causes
    assert not {(c.id, c.component) for c in first} & {(c.id, c.component) for c in found}


@QUICK
@given(st.sampled_from(FAULTS), st.data())
def test_where_a_probe_is_missing_nobody_else_is_named(name: str, data: st.DataObject) -> None:
    bundle = bundle_of(name)
    probe = data.draw(st.sampled_from(sorted({o.probe for o in bundle.observations})))
    assume((name, probe) not in EFFECT_ALONE | BUSY)
    diagnosis = diagnose(bundle.system, [o for o in bundle.observations if o.probe != probe])
    assert named(diagnosis) <= components(DRILLS[name])
