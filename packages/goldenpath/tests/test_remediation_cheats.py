"""Fixes that would look green without repairing anything: none of them can be said, or none of them is applied."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from small_system import write_small_system

from goldenpath.errors import StateError
from goldenpath.facts import (
    Action,
    ContinueProcess,
    Fix,
    Permission,
    Record,
    Restart,
    RestoreVariable,
    RevertCode,
    RollBack,
    RunMigrations,
    RunRepair,
    SetVariable,
)
from goldenpath.manifest.model import ArtefactSpec, System
from goldenpath.manifest.repairs import Repair
from goldenpath.remediation.apply import Applied, apply
from goldenpath.remediation.plan import permission_of
from goldenpath.remediation.refusal import objections

ACTIONS: TypeAdapter[Action] = TypeAdapter(Action)


class Done(Record):
    """A start or a command that went well, or not."""

    ready: bool = True
    exit_code: int = 0
    stderr: str = ""
    statement: str = ""
    name: str = "r2"
    environment: str = "local"
    folder: str = "nowhere"
    digest: str = "0"


class Status(Record):
    component: str
    state: str
    revision: str = ""


@dataclass
class Ground:
    """A place where everything that is done is written down; each deed may change what runs."""

    states: dict[str, str] = field(default_factory=lambda: {"web": "running", "worker": "running", "cache": "running"})
    deeds: list[str] = field(default_factory=list[str])
    then: Callable[[dict[str, str]], object] = len
    exit_codes: dict[str, int] = field(default_factory=dict[str, int])

    def environ(self, name: str) -> dict[str, str]:
        return {"APP_COLOUR": "red" if name == "r3" else "green", "APP_REVISION": name}

    def last_good(self) -> Done:
        return Done()

    def live(self) -> Done:
        return Done()

    def revision(self, name: str) -> Done:
        return Done(name=name)

    async def prepare(self, changes: Mapping[str, str | None], *, based_on: str = "") -> Done:
        self.deeds.append(f"prepare {dict(changes)} {based_on}")
        return Done(name="r9")

    async def with_files(self, name: str, files: tuple[str, ...], source: str) -> Done:
        return Done(digest=f"{name}{files}{source}")

    async def processes(self) -> list[Status]:
        return [Status(component=name, state=state) for name, state in self.states.items()]

    async def restart(self, component: str, *, revision: str = "") -> Done:
        self.deeds.append(f"restart {component}{revision}")
        self.states[component] = "running"
        self.then(self.states)
        return Done()

    async def signal(self, component: str, pid: int, signal_number: int) -> None:
        if pid == 1:
            raise StateError("process 1 is not one of it", where=component)
        self.deeds.append(f"signal {component} {pid} {signal_number}")
        self.states[component] = "running"

    async def run(self, command: tuple[str, ...], revision: str) -> Done:
        self.deeds.append(" ".join((*command, revision)))
        return Done(exit_code=self.exit_codes.get(command[-1], 0), stderr="no")

    async def roll_back(self, reason: str) -> Done:
        self.deeds.append(f"roll back: {reason}")
        return Done()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> System:
    made = write_small_system(tmp_path_factory.mktemp("cheats"))
    repair = Repair(cause="a_cause", command=("mend",), needed=("is-broken",), undo=("unmend",), permission="auto")
    return made.model_copy(update={"repairs": {"mending": repair}, "artefact": ArtefactSpec(paths=("src",))})


def fix(*actions: Action, permission: Permission = "auto", cause: str = "a_cause") -> Fix:
    return Fix(
        id="fix-1",
        cause=cause,
        component="web",
        actions=actions,
        permission=permission,
        expected="well",
        fingerprint="0",
    )


@pytest.mark.parametrize(
    "words",
    [
        {"type": "delete_data", "component": "cache"},
        {"type": "scale", "component": "worker", "replicas": 0},
        {"type": "stop", "component": "worker"},
        {"type": "disable_check", "check": "env_contract"},
        {"type": "skip_test", "test": "test_one"},
        {"type": "mark_good", "revision": "r3"},
        {"type": "run", "command": ["rm", "-rf", "data"]},
        {"type": "restart", "component": "worker", "replicas": 0},
        {"type": "revert_code", "files": [], "from_revision": "r2"},
    ],
    ids=lambda words: str(words["type"]),
)
def test_there_is_no_word_for_it(words: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ACTIONS.validate_python(words)


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (RunMigrations(command=("dropdb", "app")), "not the manifest's command"),
        (SetVariable(variable="ENVIRONMENT", value="dev"), "could switch checks off"),
        (SetVariable(variable="APP_REVISION", value="r2"), "pass one revision off"),
        (SetVariable(variable="APP_COLOUR", value=" "), "no repair"),
        (Restart(component="monitoring"), "no component"),
        (ContinueProcess(component="init", pid=1), "no component"),
        (RunRepair(name="anything"), "no repair"),
        (RollBack(to_revision=""), "names no revision"),
        (RevertCode(files=("tests/test_one.py",), from_revision="r2"), "no code that a revision carries"),
        (RevertCode(files=("src/../goldenpath.toml",), from_revision="r2"), "no code that a revision carries"),
    ],
    ids=lambda value: getattr(value, "type", ""),
)
async def test_what_bends_a_word_is_refused_and_nothing_happens(system: System, action: Action, why: str) -> None:
    ground = Ground()
    applied = await apply(fix(action, permission=permission_of((action,), system)), system, ground, "r3")
    assert not applied.acted
    assert applied.statement.startswith("refused: ")
    assert why in applied.statement
    assert ground.deeds == []


async def test_a_fix_cannot_give_itself_a_permission(system: System) -> None:
    ground = Ground()
    claimed = fix(SetVariable(variable="APP_COLOUR", value="blue"), permission="auto")
    assert "claims the permission auto" in (await apply(claimed, system, ground, "r3")).statement
    assert ground.deeds == []


async def test_a_repair_belongs_to_its_cause(system: System) -> None:
    assert objections(fix(RunRepair(name="mending"), cause="another_cause"), system)
    assert not objections(fix(RunRepair(name="mending")), system)


async def test_nothing_is_taken_from_a_revision_that_was_never_proven(system: System) -> None:
    actions: list[Action] = [
        RestoreVariable(variable="APP_COLOUR", from_revision="r1"),
        RollBack(to_revision="r1"),
    ]
    for action in actions:
        ground = Ground()
        applied = await apply(fix(action), system, ground, "r3")
        assert (applied.acted, ground.deeds) == (False, [])


async def test_a_restart_that_kills_another_is_taken_for_a_failure(system: System) -> None:
    ground = Ground(states={"web": "exited", "worker": "running"})

    def breaks(states: dict[str, str]) -> None:
        states.update(worker="exited", cache="missing")

    ground.then = breaks
    applied = await apply(fix(Restart(component="web")), system, ground, "r3")
    assert not applied.acted
    assert "more processes do not run than before" in applied.statement


async def test_a_component_that_dies_again_at_once_was_not_repaired(system: System) -> None:
    ground = Ground(states={"web": "exited"}, then=lambda states: states.update(web="exited"))
    applied = await apply(fix(Restart(component="web")), system, ground, "r3")
    assert not applied.acted
    assert "gone again" in applied.statement


async def test_a_process_of_somebody_else_is_not_touched(system: System) -> None:
    ground = Ground(states={"web": "frozen"})
    applied = await apply(fix(ContinueProcess(component="web", pid=1)), system, ground, "r3")
    assert (applied.acted, ground.deeds) == (False, [])


async def test_a_repair_that_does_not_take_is_undone_together_with_what_came_before_it(system: System) -> None:
    ground = Ground(states={"web": "exited"})
    applied = await apply(fix(Restart(component="web"), RunRepair(name="mending")), system, ground, "r3")
    assert not applied.acted
    assert "still sees the need" in applied.statement
    assert "a restart has no inverse" in applied.statement
    assert ground.deeds == ["restart web", "is-broken r3", "mend r3", "is-broken r3"]


async def test_a_failed_second_step_undoes_the_first(system: System) -> None:
    ground = Ground(exit_codes={"migrate.py": 3})
    system = system.model_copy(
        update={"repairs": {"mending": Repair(cause="a_cause", command=("mend",), undo=("unmend",), permission="auto")}}
    )
    both = fix(RunRepair(name="mending"), RunMigrations(command=("python", "migrate.py")))
    applied = await apply(both, system, ground, "r3")
    assert not applied.acted
    assert ground.deeds == ["mend r3", "python migrate.py r3", "unmend r3"]
    assert "mending is taken back" in applied.statement


async def test_a_repair_that_is_not_needed_is_not_made(system: System) -> None:
    ground = Ground(exit_codes={"is-broken": 1})
    applied = await apply(fix(RunRepair(name="mending")), system, ground, "r3")
    assert (applied.acted, ground.deeds) == (False, ["is-broken r3"])


@given(st.lists(st.sampled_from(["running", "exited", "missing", "frozen"]), min_size=3, max_size=3), st.data())
async def test_severity_never_rises_behind_an_applied_fix(states: list[str], data: st.DataObject) -> None:
    """Whatever a restart does to the others: a fix that says it acted left no more wrong than there was."""
    names = ("web", "worker", "cache")
    after = data.draw(st.lists(st.sampled_from(["running", "exited"]), min_size=3, max_size=3))
    ground = Ground(
        states=dict(zip(names, states, strict=True)),
        then=lambda now: now.update(dict(zip(names, after, strict=True))),
    )
    before = sum(s != "running" for s in states)
    applied: Applied = await apply(fix(Restart(component="web")), SMALL[0], ground, "r3")
    if applied.acted:
        assert sum(s != "running" for s in ground.states.values()) <= before


SMALL: list[System] = []


@pytest.fixture(autouse=True, scope="module")
def small(system: System) -> None:
    SMALL.append(system)
