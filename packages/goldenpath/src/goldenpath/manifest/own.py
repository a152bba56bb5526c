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
    kept = {name: value for name, value in before.items() if name not in own}
    return kept | {name: after[name] for name in own if name in after}
