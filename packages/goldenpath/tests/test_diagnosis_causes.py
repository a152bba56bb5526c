"""Each fault leads to its cause and to no other, with evidence on every link and the decoys refuted."""

import pytest
from diagnosis_bench import SYSTEM, Notebook, named, rivals_in
from diagnosis_cases import CASES, Case

from goldenpath.diagnosis.engine import diagnose
from goldenpath.facts import Diagnosis
from goldenpath.remediation.plan import plan


def diagnosed(case: Case) -> tuple[Notebook, Diagnosis]:
    book = Notebook()
    case.write(book)
    return book, diagnose(SYSTEM, book.observations)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_cause_and_no_other(case: Case) -> None:
    _, diagnosis = diagnosed(case)
    assert sorted(named(diagnosis)) == sorted(case.causes)
    assert diagnosis.verdict == "fail"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_symptom_is_explained(case: Case) -> None:
    _, diagnosis = diagnosed(case)
    explained = {symptom for cause in diagnosis.causes for symptom in cause.explains}
    assert explained == {symptom.id for symptom in diagnosis.symptoms}
    assert not diagnosis.open_rivals
    assert not diagnosis.missing_evidence


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_decoys_are_refuted_by_observations(case: Case) -> None:
    book, diagnosis = diagnosed(case)
    known = {o.id for o in book.observations}
    found = {name: ids for cause in diagnosis.causes for name, ids in rivals_in(cause).items()}
    for decoy in case.refuted:
        assert found.get(decoy), f"{decoy} is not refuted: {found}"
        assert set(found[decoy]) <= known


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_planned_fix(case: Case) -> None:
    _, diagnosis = diagnosed(case)
    fixes = [fix for cause in diagnosis.causes if (fix := plan(cause, SYSTEM, "r1"))]
    actions = {fix.actions[0].type for fix in fixes}
    assert case.fix in actions if case.fix else not actions
