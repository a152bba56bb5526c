"""Files that people send, each in a folder of its own that is locked for as long as its server lives."""

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

PREFIX = "netra-import-"
YOUNG_S = 60.0
"""A folder that is younger may not be locked yet."""


class Upload:
    """A place for one file."""

    def __init__(self, filename: str) -> None:
        """Make the folder; the file keeps its name, for a workload may be called by it. Raises OSError."""
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.path = self.folder / filename
        self._held = os.open(self.folder, os.O_RDONLY)
        fcntl.flock(self._held, fcntl.LOCK_SH)

    def remove(self) -> None:
        """Take away the folder and what is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._held)


def remove_abandoned() -> None:
    """Take away what servers left that died while a file came in or was read."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            _remove_unless_held(folder)
        except OSError:
            continue


def _remove_unless_held(folder: Path) -> None:
    """Raises OSError for a folder that somebody holds, or that is not ours."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(held).st_mtime < time.time() - YOUNG_S:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(held)
