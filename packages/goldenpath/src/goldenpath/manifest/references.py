"""Names and placeholders of a manifest that lead nowhere, and declarations that contradict each other; pure."""

from collections.abc import Iterator
from typing import Any, cast

from goldenpath.manifest.fill import placeholders, references_of
from goldenpath.manifest.lines import Path
from goldenpath.manifest.model import Component, System

Trouble = tuple[Path, str]
"""The key path of a problem and what it is."""

_COMMAND = frozenset({"state", "revision", "environment", "front"})
_CARRIED = _COMMAND | {"artefact"}
_PERSON = frozenset({"nonce", "secret"})


def dangling(document: dict[str, Any]) -> Iterator[Trouble]:
    """Every name of a component that is not declared and every placeholder that nothing fills, in the raw document."""
    declared = document.get("components")
    components = frozenset(cast("dict[str, Any]", declared)) if isinstance(declared, dict) else frozenset[str]()
    for path, value in _leaves(document, ()):
        if isinstance(value, str):
            yield from ((path, message) for message in _troubles(path, value, components))


def unsound(system: System) -> Iterator[Trouble]:
    """Declarations that are well-formed and cannot work."""
    yield from _unsound_edges(system)
    for name, component in system.components.items():
        yield from _unsound_component(name, component)
    if system.drills.suite not in {"", *system.suites}:
        yield ("drills", "suite"), f"no suite is named {system.drills.suite!r}"
    if system.components[system.doors.component].address is None:
        yield ("doors", "component"), f"{system.doors.component!r} has no address"
    rows = system.proof.rows
    readers: list[tuple[Path, str]] = [(("proof", "rows", "component"), rows.component)] if rows else []
    readers += [(("invariants", i, "component"), law.component) for i, law in enumerate(system.invariants)]
    yield from _unsound_variables(system)
    yield from ((path, f"{name!r} is no postgres") for path, name in readers if _kind(system, name) != "postgres")


def _unsound_component(name: str, component: Component) -> Iterator[Trouble]:
    place, address = ("components", name), component.address
    if component.kind == "llm" and address and not address.url:
        yield (*place, "address"), "an llm needs the key `url`"
    if address and not (address.url or address.host):
        yield (*place, "address"), "an address needs the key `host` or `url`"
    if component.run is None and component.lifetime == "revision":
        yield place, "what has no `run` is shared by every revision: its lifetime is `environment`"


def _kind(system: System, name: str) -> str:
    return system.components[name].kind


def _unsound_edges(system: System) -> Iterator[Trouble]:
    seen: set[tuple[str, str]] = set()
    for index, edge in enumerate(system.edges):
        if edge.source == edge.target:
            yield ("edges", index), f"{edge.source!r} cannot depend on itself"
        elif (edge.source, edge.target) in seen:
            yield ("edges", index), f"{edge.source}->{edge.target} is declared twice"
        elif system.components[edge.target].address is None:
            yield ("edges", index, "to"), f"{edge.target!r} has no address, so nothing can reach it"
        seen.add((edge.source, edge.target))


def _troubles(path: Path, value: str, components: frozenset[str]) -> Iterator[str]:
    match path:
        case (
            ("edges", int(), "from" | "to")
            | ("journeys", _, "needs", int())
            | ("proof", _, "component")
            | ("invariants", int(), "component")
            | ("doors", "component")
        ):
            if value not in components:
                yield f"no component is named {value!r}"
        case ("environments", _, "variables", _):
            yield from _unfilled(value, _COMMAND, components, variables=True)
        case (
            ("components", _, "run", int())
            | ("contract", "schema_command" | "fingerprint_command", int())
            | ("environments", _, "migrate" | "pending", int())
            | ("artefact", "verify", int())
            | ("artefact", "environ", _)
            | ("repairs", _, "command" | "needed" | "undo", int())
        ):
            yield from _unfilled(value, _CARRIED, components)
        case ("journeys", _, "requests", *_):
            return  # what earlier answers gave is known at run time only
        case ("journeys", _, "login" | "conversation", *_):
            yield from _unfilled(value, _PERSON, frozenset())
        case _:
            return


def _unfilled(
    value: str, names: frozenset[str], components: frozenset[str], *, variables: bool = False
) -> Iterator[str]:
    for placeholder in placeholders(value):
        name, _, argument = placeholder.partition(":")
        if name == "port" and argument and components:
            if argument not in components:
                yield f"no component is named {argument!r}"
        elif placeholder not in names and not (variables and _is_of_variables(name, argument)):
            yield f"unknown placeholder {{{placeholder}}}"


def _is_of_variables(name: str, argument: str) -> bool:
    return argument.isdecimal() if name == "secret" else name in {"variable", "file"} and bool(argument)


def _unsound_variables(system: System) -> Iterator[Trouble]:
    """References that lead to no variable, or to one that is itself made of another."""
    for environment, spec in system.environments.items():
        for name, template in spec.variables.items():
            for referred in references_of(template):
                path = ("environments", environment, "variables", name)
                if referred not in spec.variables:
                    yield path, f"no variable is named {referred!r}"
                elif references_of(spec.variables[referred]):
                    yield path, f"{referred} is made of other variables itself"
    for name, component in system.components.items():
        known = {variable for spec in system.environments.values() for variable in spec.variables}
        for variable in sorted(set(component.variables.values()) - known):
            yield ("components", name, "variables"), f"no environment has a variable {variable!r}"


def _leaves(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(value, dict):
        for key, item in cast("dict[str, object]", value).items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[object]", value)):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value
