"""The rules over code: each finds what it is for, leaves alone what only looks like it, and foretells real causes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.code.baseline import Baseline, Known, compared, read_baseline, write_baseline
from goldenpath.code.catalogue import rules
from goldenpath.code.model import CodeFinding, CodeReport, fingerprinted, score_of
from goldenpath.code.moved import moved_rules
from goldenpath.code.sarif import sarif
from goldenpath.code.scan import scan
from goldenpath.diagnosis.catalogue.index import RULES
from goldenpath.errors import StateError

BROKEN: dict[str, tuple[str, ...]] = {
    "environment-read-elsewhere": ('os.environ["A"]', "os.getenv('A')", "from os import environ", "x = {**os.environ}"),
    "second-default": ("os.environ.get('A', 'b')", "os.getenv('A', '1')", "x = os.getenv('A') or 'b'"),
    "second-settings-class": ("class More(BaseSettings):\n    a: int",),
    "dotenv-loaded": ("load_dotenv()", "dotenv.load_dotenv('.env')"),
    "address-as-default": (
        "def f(host: str = 'localhost'): ...",
        "def f(redis_url='redis://localhost:6379/0'): ...",
        "def f(*, db_host='127.0.0.1'): ...",
    ),
    "test-knowledge": (
        'if "pytest" in sys.modules: pass',
        "x = os.environ.get('PYTEST_CURRENT_TEST')",
        "if settings.testing:\n    pass",
        "x = os.environ['TESTING']",
    ),
    "test-library-imported": ("from unittest.mock import Mock", "import pytest", "import fakeredis"),
    "double-on-import-error": (
        "try:\n    import redis\nexcept ImportError:\n    class redis: ...",
        "try:\n    from a import b\nexcept (ImportError, ModuleNotFoundError):\n    b = MagicMock()",
        "try:\n    from a import b\nexcept ModuleNotFoundError:\n    def b(): ...",
    ),
    "import-error-swallowed": ("try:\n    import x\nexcept ImportError:\n    x = None",),
    "bypass-flag": ("x = flag('SKIP_STARTUP_CHECKS')", "x = get('BYPASS_AUTH')", "x = get('DISABLE_VALIDATION')"),
    "error-hidden": (
        "try:\n    f()\nexcept Exception:\n    pass",
        "try:\n    f()\nexcept:\n    pass",
        "try:\n    f()\nexcept Exception as e:\n    # never mind\n    pass",
    ),
    "naive-utcnow": ("x = datetime.utcnow()", "x = datetime.datetime.utcnow()"),
    "naive-utcfromtimestamp": ("x = datetime.utcfromtimestamp(5)",),
    "loop-of-no-thread": ("async def f():\n    return asyncio.get_event_loop()",),
    "retry-on-timeout": ("Redis(host=h, retry_on_timeout=True)",),
    "pydantic-class-config": ("class A(BaseModel):\n    class Config:\n        frozen = True",),
    "pydantic-old-validator": ("class A(BaseModel):\n    @validator('a')\n    def f(cls, v): return v",),
    "websockets-legacy": ("from websockets.legacy.client import connect", "from websockets.server import serve"),
    "logging-warn": ("logger.warn('x')",),
}
INNOCENT = '''
"""os.environ is not read here; SKIP_CHECKS is a word."""
import os
from websockets.server import ServerProtocol
from testing import pytest_like

LOG.warning("os.getenv")
os.path.join("a", "b")
TESTING_GROUND = "TESTING"


class Config:
    frozen = True


class Settings(BaseModel):
    host: str

    @field_validator("host")
    def clean(cls, value):
        return value


def f(name="localhost", host=None, testing_kits=0):
    loop = asyncio.get_event_loop()
    try:
        g()
    except KeyError:
        pass
    except Exception:
        LOG.exception("g")
        raise
    try:
        import optional
    except ImportError as error:
        raise Missing("install optional") from error
    if testing_kits:
        return datetime.now(UTC)
'''


def found(text: str, *, is_reader: bool = False) -> list[str]:
    return [finding.rule for finding in scan("a.py", text, rules(), is_reader=is_reader)]


def test_every_rule_has_examples_here() -> None:
    assert set(BROKEN) == {rule.id for rule in rules()}


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in BROKEN.items() for text in texts])
def test_a_rule_finds_what_it_is_for(rule: str, text: str) -> None:
    assert rule in found(text)


def test_what_only_looks_like_it_is_left_alone() -> None:
    assert found(INNOCENT) == []


def test_the_settings_module_may_read_the_environment_and_nothing_else() -> None:
    text = "import os\nx = os.environ.get('A', 'b')\nif settings.testing: pass\n"
    assert set(found(text)) == {"environment-read-elsewhere", "second-default", "test-knowledge"}
    assert found(text, is_reader=True) == ["test-knowledge"]


def test_what_a_rule_foretells_is_in_the_catalogue_of_causes() -> None:
    foretold = {cause for rule in rules() for cause in rule.foretells}
    assert foretold - set(RULES) == set()


def test_what_moved_is_found_by_its_old_place() -> None:
    moved = tuple(moved_rules({"shop.old": "shop.new", "shop.ws.Manager": "shop.sockets.Manager"}))
    text = "from shop.old import a\nimport shop.old\nfrom shop.ws import Manager\nfrom shop.older import b\n"
    assert [(f.line, f.fixable) for f in scan("a.py", text, moved, is_reader=False)] == [
        (1, True),
        (2, False),
        (3, True),
    ]


def test_places_are_right_in_texts_of_any_alphabet() -> None:
    (finding,) = scan("a.py", "größe = 'ß'\nx = '😀'; y = os.getenv('Ü')\n", rules(), is_reader=False)
    assert (finding.line, finding.column) == (2, 14)


def one(path: str, line: int, text: str, rule: str = "r") -> CodeFinding:
    return CodeFinding(
        tool="goldenpath", rule=rule, severity="high", path=path, line=line, message="m", text=text, foretells=("c",)
    )


def test_a_known_finding_stays_known_when_its_line_moves(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    write_baseline(path, fingerprinted([one("a.py", 3, "x = 1"), one("a.py", 9, "x = 1"), one("b.py", 1, "y")]))
    after = fingerprinted([one("a.py", 30, "x = 1"), one("a.py", 40, "x = 1"), one("a.py", 50, "x = 1")])
    held = compared(read_baseline(path), after)
    assert ([f.line for f in held.new], held.known, held.gone) == ([50], 2, 1)


def test_a_file_that_is_no_baseline_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    path.write_text('{"format": "other/1"}')
    with pytest.raises(StateError, match="other/1"):
        read_baseline(path)
    path.write_text("[]")
    with pytest.raises(StateError, match="no baseline"):
        read_baseline(path)


FINDINGS = st.lists(
    st.builds(one, st.sampled_from(["a.py", "b.py", "c.py"]), st.integers(1, 99), st.sampled_from(["x", "y"])),
    max_size=40,
)


@given(FINDINGS, st.integers(0, 5))
def test_the_score_is_bounded_whatever_is_found(findings: list[CodeFinding], files: int) -> None:
    assert 0 <= score_of(files, findings) <= 100


@given(FINDINGS)
def test_whoever_knows_everything_finds_nothing_new(findings: list[CodeFinding]) -> None:
    marked = fingerprinted(findings)
    known = tuple(Known(fingerprint=f.fingerprint, tool=f.tool, rule=f.rule, path=f.path) for f in marked)
    held = compared(Baseline(findings=known), marked)
    assert (held.new, held.known, held.gone) == ((), len(marked), 0)


def test_sarif_points_from_each_result_to_its_rule() -> None:
    found = fingerprinted([one("a.py", 3, "x"), one("a.py", 4, "y", rule="s")])
    report = CodeReport(
        verdict="fail", statement="", score=0, files=1, findings=found, known=0, gone=0, tools=(), seconds=0
    )
    (run,) = sarif(report, "1.0")["runs"]  # type: ignore[misc]
    assert isinstance(run, dict)
    names = [rule["id"] for rule in run["tool"]["driver"]["rules"]]  # type: ignore[index]
    for result in run["results"]:  # type: ignore[union-attr]
        assert names[result["ruleIndex"]] == result["ruleId"]  # type: ignore[index]
        assert result["level"] == "error"  # type: ignore[index]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] in {3, 4}  # type: ignore[index]
