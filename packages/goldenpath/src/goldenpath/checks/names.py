"""Which component a system means by a name of its own; pure."""

from goldenpath.manifest.model import System

KINDS_BY_NAME = {"valkey": "redis", "postgresql": "postgres", "database": "postgres", "cache": "redis"}
"""What else servers of a kind are called."""


def component_named(system: System, text: str) -> str:
    """The component of this name, or else the only one of this kind; empty when there is none or more than one."""
    name = text.strip().lower()
    if name in system.components:
        return name
    kind = KINDS_BY_NAME.get(name, name)
    found = [component for component, spec in system.components.items() if spec.kind == kind]
    return found[0] if len(found) == 1 else ""
