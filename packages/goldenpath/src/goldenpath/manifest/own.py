"""Which variables every revision has of its own, so that they differ without a change."""

from collections.abc import Mapping

from goldenpath.manifest.model import EnvironmentSpec, System


def own_variables(system: System, spec: EnvironmentSpec) -> frozenset[str]:
    """Those filled in with the revision's name or with a port of one of its components."""
    ports = [f"{{port:{name}}}" for name, c in system.components.items() if c.lifetime == "revision"]
    marks = ("{revision}", *ports)
    return frozenset(name for name, text in spec.variables.items() if any(mark in text for mark in marks))


def like(before: Mapping[str, str], after: Mapping[str, str], own: frozenset[str]) -> dict[str, str]:
    """The variables before, as they would be if what each revision has of its own were that of the one after."""
    return {name: value for name, value in before.items() if name not in own} | {
        name: _moved(name, before, after, own) for name in own if name in before
    }


def _moved(name: str, before: Mapping[str, str], after: Mapping[str, str], own: frozenset[str]) -> str:
    """The value before with the revision's own parts of the one after; where that cannot be told, the value after.

    An address such as `http://127.0.0.1:{port:api}` is made of a part that each revision has of its own, which another
    variable has alone, and of the rest, which may have been changed.
    """
    value = before[name]
    parts = [other for other in own if other != name and before.get(other) and before[other] in value]
    if not parts:
        return after.get(name, value)
    for other in sorted(parts, key=lambda part: -len(before[part])):
        value = value.replace(before[other], after.get(other, before[other]))
    return value
