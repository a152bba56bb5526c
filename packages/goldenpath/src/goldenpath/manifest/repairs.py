"""The part of the manifest about repairs: what the loop may do by itself, and what the system's owners know to do."""

from typing import Literal

from goldenpath.facts import Permission, Record
from goldenpath.manifest.names import Command, Name


class Permissions(Record):
    """`[remediation]`: what the loop may do by itself, by kind of action."""

    set_variable: Permission = "ask"
    restore_variable: Permission = "auto"
    strip_variable: Permission = "auto"
    restart: Permission = "auto"
    continue_process: Permission = "auto"
    run_migrations: Permission = "auto"
    roll_back: Permission = "auto"
    revert_code: Permission = "ask"


class Repair(Record):
    """`[repairs.NAME]`: what the system's owners know to do against one cause, as commands of theirs."""

    cause: str
    """A cause of the catalogue, such as `index_missing`."""
    component: Name | Literal[""] = ""
    """At which component; empty for any."""
    command: Command
    """Repairs it; must neither delete data nor take anything away."""
    needed: Command | None = None
    """Ends with 0 while the repair is needed: asked before and after."""
    undo: Command | None = None
    """The inverse of `command`."""
    permission: Permission = "ask"
