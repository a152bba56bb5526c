"""Names and placeholders of a manifest that lead nowhere, and declarations that contradict each other; pure."""

from collections.abc import Iterator
from typing import Any, cast

from goldenpath.manifest.fill import placeholders
from goldenpath.manifest.lines import Path
from goldenpath.manifest.model import System

Trouble = tuple[Path, str]
"""The key path of a problem and what it is."""

_COMMAND = frozenset({"state", "revision", "environment"})
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
        if component.kind == "llm" and component.address and not component.address.url:
            yield ("components", name, "address"), "an llm needs the key `url`"
    if system.components[system.doors.component].address is None:
        yield ("doors", "component"), f"{system.doors.component!r} has no address"
    readers: list[tuple[Path, str]] = [(("proof", "rows", "component"), system.proof.rows.component)]
    readers += [(("invariants", i, "component"), law.component) for i, law in enumerate(system.invariants)]
    yield from ((path, f"{name!r} is no postgres") for path, name in readers if _kind(system, name) != "postgres")


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
            yield from _unfilled(value, _COMMAND, components, secrets=True)
        case (
            ("components", _, "run", int())
            | ("contract", "schema_command" | "fingerprint_command", int())
            | ("environments", _, "migrate" | "pending", int())
        ):
            yield from _unfilled(value, _COMMAND, components)
        case ("journeys", _, "login" | "conversation", *_):
            yield from _unfilled(value, _PERSON, frozenset())
        case _:
            return


def _unfilled(value: str, names: frozenset[str], components: frozenset[str], *, secrets: bool = False) -> Iterator[str]:
    for placeholder in placeholders(value):
        name, _, argument = placeholder.partition(":")
        if name == "port" and argument and components:
            if argument not in components:
                yield f"no component is named {argument!r}"
        elif not (placeholder in names or (secrets and name == "secret" and argument.isdecimal())):
            yield f"unknown placeholder {{{placeholder}}}"


def _leaves(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(value, dict):
        for key, item in cast("dict[str, object]", value).items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[object]", value)):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value
