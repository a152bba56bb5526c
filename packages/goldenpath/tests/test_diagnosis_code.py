"""A cause in the code: the change that was found stands in its chain; an experiment alone explains red tests."""

from diagnosis_bench import SYSTEM, Notebook
from pydantic import JsonValue

from goldenpath.diagnosis.engine import diagnose
from goldenpath.facts import Diagnosis, RevertCode, RollBack
from goldenpath.manifest.repairs import Permissions
from goldenpath.remediation.plan import plan

TEST = "e2e/test_words.py::test_words"
FILE = "src/words.py"


def red_test() -> Notebook:
    """Everything is well at first sight, the code is new, and one test is red."""
    book = Notebook()
    book.healthy()
    book.note("code", "code.changed", {"count": 2, "files": [{"file": FILE, "change": "changed"}], "commits": {}})
    book.test(TEST, "failed", "'hi' is not 'hello'")
    return book


def found(book: Notebook, *, tests: tuple[str, ...] = (), culprits: tuple[str, ...] = (FILE,)) -> str:
    """What a search found; its observation."""
    commits: list[JsonValue] = [{"commit": "1" * 40, "subject": "Be brief"}]
    value: dict[str, JsonValue] = {
        "commits": commits,
        "files": [FILE],
        "culprits": [*culprits],
        "certain": True,
        "tries": 4,
        "tests": [*tests],
    }
    noted = book.note("code", "code.culprit", value)
    text = "commit 1111111111 (Be brief): src/words.py:6"
    book.observations[-1] = book.observations[-1].model_copy(update={"text": text})
    return noted


def drawn(book: Notebook) -> Diagnosis:
    return diagnose(SYSTEM, book.observations)


def test_a_red_test_and_changed_code_are_no_proof() -> None:
    diagnosis = drawn(red_test())
    assert (diagnosis.verdict, diagnosis.causes) == ("not_proven", ())


def test_the_experiment_with_both_ends_is_one_and_names_the_commit() -> None:
    book = red_test()
    seen = found(book, tests=(TEST,))
    diagnosis = drawn(book)
    assert [(cause.component, cause.id) for cause in diagnosis.causes] == [("web", "code_defect")]
    change = diagnosis.causes[0].chain[-1]
    assert (change.question, seen in change.observations) == ("What changed?", True)
    assert "Be brief" in change.answer
    assert diagnosis.causes[0].detail["blamed"] == [FILE]


def test_files_go_back_alone_only_where_that_was_tried_and_is_permitted() -> None:
    book = red_test()
    found(book, tests=(TEST,))
    (cause,) = drawn(book).causes
    permitted = SYSTEM.model_copy(update={"remediation": Permissions(revert_code="auto")})
    fix, careful = plan(cause, permitted, "r1"), plan(cause, SYSTEM, "r1")
    assert fix is not None
    assert careful is not None
    assert fix.actions == (RevertCode(files=(FILE,), from_revision="r1"),)
    assert careful.actions == (RollBack(to_revision="r1"),)
    untried = red_test()
    found(untried, tests=(TEST,), culprits=())
    (other,) = drawn(untried).causes
    fix = plan(other, permitted, "r1")
    assert fix is not None
    assert fix.actions == (RollBack(to_revision="r1"),)
