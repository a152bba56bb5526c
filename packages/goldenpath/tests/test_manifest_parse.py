import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from sample import MANIFEST

from goldenpath.errors import ManifestError
from goldenpath.manifest.lines import key_lines
from goldenpath.manifest.model import System
from goldenpath.manifest.parse import Problem, load, parse, read

PROJECT = Path(__file__).parents[3]


def problems(text: str) -> tuple[Problem, ...]:
    found = read(text)
    assert not isinstance(found, System)
    return found


def line_with(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def one(changed: str, part: str) -> str:
    """The message of the only problem, which must be on the line with this part."""
    (problem,) = problems(changed)
    assert problem.line == line_with(changed, part)
    return problem.message


def test_the_manifest_of_this_project_is_sound() -> None:
    system = load(PROJECT / "goldenpath.toml")
    assert {edge.source for edge in system.edges} <= set(system.components)


def test_an_unknown_key_is_named_with_its_line() -> None:
    changed = MANIFEST.replace('owner = "sales"', 'owner = "sales"\ncolour = "red"')
    assert one(changed, "colour") == "journeys.buy.colour: unknown key"


def test_a_missing_key_is_named_with_the_line_of_its_table() -> None:
    changed = MANIFEST.replace('revision_variable = "SHOP_REVISION"\n', "", 1)
    assert one(changed, "[contract]") == "contract.revision_variable: this key is missing"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('kind = "postgres"', 'kind = "oracle"', "components.db.kind: input should be 'postgres'"),
        ("connect_ms = 5000", 'connect_ms = "long"', "edges.1.connect_ms: input should be a valid number"),
        ("required = false", "required = 3", "components.lake.required: input should be"),
        ('target = "local"', 'target = "moon"', "environments.local.target: input should be 'local'"),
        (
            'DB_PORT = "{port:db}"',
            "DB_PORT = 5432",
            "environments.local.variables.DB_PORT: input should be a valid string",
        ),
    ],
)
def test_a_wrong_type_is_named_with_its_line(old: str, new: str, says: str) -> None:
    assert one(MANIFEST.replace(old, new, 1), new).startswith(says)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('to = "cache"', 'to = "cash"', "edges.1.to: no component is named 'cash'"),
        ('needs = ["api", "db"]', 'needs = ["api", "bd"]', "journeys.buy.needs.1: no component is named 'bd'"),
        ('component = "api"\nhealth', 'component = "apy"\nhealth', "doors.component: no component is named 'apy'"),
        ('"{port:db}"', '"{port:bd}"', "no component is named 'bd'"),
        ('"{secret:43}"', '"{secrets:43}"', "unknown placeholder {secrets:43}"),
        ('"{environment}"', '"{nonce}"', "contract.schema_command.2: unknown placeholder {nonce}"),
        ('password = "{secret}"', 'password = "{port:db}"', "unknown placeholder {port:db}"),
    ],
)
def test_what_leads_nowhere_is_named_with_its_line(old: str, new: str, says: str) -> None:
    changed = MANIFEST.replace(old, new, 1)
    assert says in one(changed, new.splitlines()[0])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('from = "api"\nto = "lake"', 'from = "api"\nto = "cache"', "edges.2: api->cache is declared twice"),
        ('from = "api"\nto = "lake"', 'from = "lake"\nto = "lake"', "edges.2: 'lake' cannot depend on itself"),
        ('component = "db"', 'component = "cache"', "proof.rows.component: 'cache' is no postgres"),
    ],
)
def test_what_cannot_work_is_refused(old: str, new: str, says: str) -> None:
    (problem,) = problems(MANIFEST.replace(old, new, 1))
    assert problem.message == says


def test_toml_errors_have_a_line() -> None:
    assert one(MANIFEST.replace('name = "shop"', "name = shop"), "name = shop").startswith("not TOML: ")


def test_everything_wrong_is_said_at_once_in_order_of_lines(tmp_path: Path) -> None:
    changed = MANIFEST.replace('kind = "redis"', 'kind = "radish"', 1).replace('to = "lake"', 'to = "sea"')
    changed = changed.replace("deadline_s = 1.5", "deadline_s = -1\nspeed = 3")
    path = tmp_path / "goldenpath.toml"
    path.write_text(changed)
    with pytest.raises(ManifestError) as caught:
        load(path)
    lines = [line_with(changed, part) for part in ("radish", '"sea"', "deadline_s", "speed")]
    assert caught.value.where == f"goldenpath.toml:{lines[0]}"
    rest = caught.value.message.splitlines()[1:]
    assert [line.split(": ")[0] for line in rest] == [f"goldenpath.toml:{line}" for line in lines[1:]]


def test_a_file_that_is_not_there_is_an_error_of_the_manifest(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot be read"):
        load(tmp_path / "goldenpath.toml")


def test_bytes_that_are_no_text_are_an_error_of_the_manifest(tmp_path: Path) -> None:
    path = tmp_path / "goldenpath.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ManifestError, match="not UTF-8"):
        load(path)


def test_lines_of_every_way_to_write_a_key() -> None:
    text = '''a.b = 1 # [no.table]
"quoted key" = """
[not.a.table]
x = 1
"""
[t]
list = [ # begins
  { x = 1, y = [2,
     3] },
  "]",
]
when = 1979-05-27 07:32:00
[[many]]
n = 1.5
[[many.inner]]
deep = 'it''s'
'''.replace("'it''s'", "'its'")
    lines = key_lines(text)
    expected: dict[tuple[str | int, ...], int] = {
        ("a", "b"): 1,
        ("quoted key",): 2,
        ("t",): 6,
        ("t", "list"): 7,
        ("t", "list", 0, "x"): 8,
        ("t", "list", 0, "y", 1): 9,
        ("t", "list", 1): 10,
        ("t", "when"): 12,
        ("many", 0): 13,
        ("many", 0, "n"): 14,
        ("many", 0, "inner", 0, "deep"): 16,
    }
    assert {path: lines.get(path) for path in expected} == expected


def to_toml(value: JsonValue) -> str:
    """A value as TOML; JSON's texts, numbers and truths are TOML's, too."""
    match value:
        case dict():
            return "{" + ", ".join(f"{to_toml(k)} = {to_toml(v)}" for k, v in value.items() if v is not None) + "}"
        case list():
            return "[" + ", ".join(to_toml(item) for item in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="{}"), max_size=12)
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,12}", fullmatch=True)


@settings(max_examples=25, deadline=None)
@given(description=WORDS, name=NAMES, milliseconds=st.floats(0.001, 1e6), variables=st.dictionaries(WORDS, WORDS))
def test_a_system_survives_the_way_through_toml(
    description: str, name: str, milliseconds: float, variables: dict[str, str]
) -> None:
    system = parse(MANIFEST)
    info = system.system.model_copy(update={"name": name, "description": description})
    edge = system.edges[0].model_copy(update={"connect_ms": milliseconds})
    local = system.environments["local"].model_copy(update={"variables": variables})
    changes = {"system": info, "edges": (edge, *system.edges[1:]), "environments": {"local": local}}
    system = system.model_copy(update=changes)
    document = system.model_dump(mode="json", by_alias=True)
    lines = [f"{key} = {to_toml(value)}" for key, value in document.items() if value is not None]
    assert parse("\n".join(lines)) == system


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    assert problems(text)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_damage_makes_the_reader_fail(data: st.DataObject) -> None:
    lines = MANIFEST.splitlines()
    index = data.draw(st.integers(0, len(lines) - 1))
    damaged = data.draw(st.sampled_from(["", "x = 1", "[[edges]]", "[system]", '"', lines[index] * 2]))
    found = read("\n".join([*lines[:index], damaged, *lines[index + 1 :]]))
    if not isinstance(found, System):
        assert all(1 <= problem.line <= len(lines) + 1 for problem in found)
