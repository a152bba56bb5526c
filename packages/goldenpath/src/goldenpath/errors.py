"""The one root of goldenpath's own faults, and the one renderer.

What is learned about the system under test is a value with evidence, never an exception.

GoldenPathError
├── UsageError          the call is wrong                        exit 2
├── ManifestError       goldenpath.toml is wrong, at a line      exit 2
├── StateError          the recorded state does not allow it     exit 1
└── DeployError         a component could not be started         exit 1
"""

from typing import ClassVar


class GoldenPathError(Exception):
    """An expected failure of goldenpath itself: what happened, where, and what to do about it."""

    code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        """State what happened; `where` names the file and line or the component; `hint` says what to do."""
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint


class UsageError(GoldenPathError):
    """The call is wrong."""

    code = "usage"
    exit_code = 2


class ManifestError(GoldenPathError):
    """goldenpath.toml is wrong; `where` is file:line."""

    code = "manifest_invalid"
    exit_code = 2


class StateError(GoldenPathError):
    """The recorded state does not allow the request."""

    code = "state"


class DeployError(GoldenPathError):
    """A component could not be started; `where` is the component."""

    code = "deploy_failed"


def render_line(error: GoldenPathError) -> str:
    """The one line a terminal prints of this error."""
    where = f"{error.where}: " if error.where else ""
    hint = f" - {error.hint}" if error.hint else ""
    return f"{error.code}: {where}{error.message}{hint}"
