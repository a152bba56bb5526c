"""A draft as the text of goldenpath.toml; pure."""

import json
import re
from collections.abc import Iterator, Mapping

from goldenpath.facts import Record
from goldenpath.manifest.draft.kinds import SERVERS
from goldenpath.manifest.draft.plan import Plan, Wired, plan_of
from goldenpath.manifest.draft.secret import ENV_FILE, remarks_on_secrets, secrets_in, with_references
from goldenpath.manifest.draft.service import Source
from goldenpath.manifest.draft.wiring import parts_of, remarks_of

_FRONTS = re.compile(r"gateway|proxy|nginx|edge|front|web|app|api|server")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
STEADY_S = 3
SMOKE = '''\
"""The first test: the front door answers. Add what people do with the system, each test with its `nonce`."""

import httpx
import pytest


@pytest.mark.priority(1)
@pytest.mark.journey("front")
async def test_the_front_door_answers(door: httpx.AsyncClient, nonce: str) -> None:
    answer = await door.get("PATH", params={"nonce": nonce})
    assert answer.status_code == 200
    assert len(answer.content) > 2
'''


class Draft(Record):
    """A manifest to begin with."""

    text: str
    front: str
    ready_path: str
    remarks: tuple[str, ...]
    secrets: dict[str, str]
    """What must not stand in the manifest, for a new file of the environment."""


def draft(source: Source, name: str, environment: str) -> Draft:
    """The manifest of everything that was found; what could not be found out is a remark."""
    parts = parts_of(source)
    open_plan = plan_of({n: part for n, part in parts.items() if part.address or part.kind not in SERVERS})
    secrets = secrets_in(open_plan.variables)
    plan = open_plan if source.env_file else with_references(open_plan, secrets)
    front = _front(plan)
    ready = plan.components[front].part.service.ready_path if front else ""
    blocks = [
        *_head(source, name),
        *(block for one, wired in plan.components.items() for block in _component(one, wired)),
        *_edges(plan),
        *_doors(front, ready or "/", plan),
        *_environment(source, environment, plan),
    ]
    remarks = [*remarks_of(source, parts), *plan.remarks, *remarks_on_secrets(source, plan.variables, secrets)]
    return Draft(
        text="\n".join(blocks),
        front=front,
        ready_path=ready or "/",
        remarks=(*remarks, *_on_doors(front, ready)),
        secrets={} if source.env_file else secrets,
    )


def _on_doors(front: str, ready: str) -> Iterator[str]:
    if not front:
        yield "no service has a door for people: name one under [doors]"
    elif not ready:
        yield f"{front}: whether it is ready is asked at /: name a better path under [doors]"


def _head(source: Source, name: str) -> Iterator[str]:
    yield f'# Drafted from {source.file}. What each key means: `goldenpath` documentation, "Keys of goldenpath.toml".\n'
    yield f'[system]\nname = {_value(name)}\n\n[contract]\nrevision_variable = "REVISION"\n'


def _component(name: str, wired: Wired) -> Iterator[str]:
    part, lines = wired.part, [f"[components.{name}]", f"kind = {_value(wired.part.kind)}"]
    server = part.kind in SERVERS
    lines.append(f"lifetime = {_value('environment' if server else 'revision')}")
    if server:
        lines[-1] += " # somebody else runs it"
    else:
        lines.append(f"run = {_value(list(wired.command) or ['fill', 'me', 'in'])}")
        if part.service.folder:
            lines.append(f"folder = {_value(part.service.folder)}")
    if wired.own:
        lines.append(f"variables = {_value(wired.own)}")
    if part.kind == "worker":
        lines.append(f"steady_s = {STEADY_S} # better: `ready_line`, a text that it logs once it works")
    if wired.address:
        lines.append(f"address = {_value(wired.address)}")
    yield "\n".join(lines) + "\n"


def _edges(plan: Plan) -> Iterator[str]:
    for name, wired in plan.components.items():
        for other in wired.part.leads_to:
            if plan.components[other].address:
                yield f"[[edges]]\nfrom = {_value(name)}\nto = {_value(other)}\n"


def _front(plan: Plan) -> str:
    doors = [name for name, wired in plan.components.items() if wired.part.kind == "web"]
    targets = {other for wired in plan.components.values() for other in wired.part.leads_to}
    chosen = sorted(
        doors,
        key=lambda n: (not plan.components[n].part.service.published, n in targets, not _FRONTS.search(n)),
    )
    return chosen[0] if chosen else ""


def _doors(front: str, ready: str, plan: Plan) -> Iterator[str]:
    yield f"[doors]\ncomponent = {_value(front)}\nready = {_value(ready)}\n"
    needs = [name for name, wired in plan.components.items() if wired.address or wired.part.kind not in SERVERS]
    yield (
        '[journeys.front]\ntitle = "Open the front door"\nvalue = "Say here what is lost while this fails"\n'
        f'owner = "Say here who is called"\nneeds = {_value(needs)}\n'
    )
    yield f"[[journeys.front.requests]]\npath = {_value(ready)}\n"
    yield '[suites.e2e]\npath = "e2e"\n'


def _environment(source: Source, environment: str, plan: Plan) -> Iterator[str]:
    lines = [f"[environments.{environment}]", 'target = "local"']
    if any("{file:" in text for text in plan.variables.values()):
        lines.append(f"env_file = {_value(source.env_file or ENV_FILE)}")
    if source.migrate:
        lines.append(f"migrate = {_value(list(source.migrate))}")
    yield "\n".join(lines) + "\n"
    said = "\n".join(f"{_key(name)} = {_value(text)}" for name, text in plan.variables.items())
    yield f"[environments.{environment}.variables]\n{said}\n"


def _value(value: str | list[str] | Mapping[str, str]) -> str:
    match value:
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
        case list():
            return "[" + ", ".join(_value(item) for item in value) + "]"
        case _:
            return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name)
