"""As whom PostgreSQL runs: it refuses root, so root lends it another identity.

`nobody`, when that user can enter every folder on the way to the data and to the programs; else a user namespace in
which root is called 1000. The mode of a folder that we did not make is never changed.
"""

import os
import pwd
import stat
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from netra.embedded.failures import ServerError

NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
HINT = "where user namespaces are forbidden, do not run as root, or use a data folder that user nobody can enter"


class Identity(BaseModel):
    """What to put before a command, and whom to run it as."""

    model_config = ConfigDict(frozen=True)

    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None
    hint: str = ""


def identity(data: Path, programs: Path) -> Identity:
    """The identity for this data folder; data that exists keeps its owner."""
    if os.geteuid() != 0:
        return Identity()
    nobody = pwd.getpwnam("nobody")
    closed = closed_folders([*data.parents, programs, *programs.parents])
    owner = data.stat().st_uid if data.exists() else None
    return decide(owner=owner, nobody=(nobody.pw_uid, nobody.pw_gid), closed=closed)


def decide(*, owner: int | None, nobody: tuple[int, int], closed: tuple[Path, ...]) -> Identity:
    """Pure: from the data's owner (None: no data yet) and the folders that others may not enter."""
    user, group = nobody
    if owner == user and closed:
        raise ServerError(
            f"the data belongs to nobody, who cannot enter {closed[0]}",
            component="postgres",
            hint="let others enter that folder, or choose another data folder",
        )
    if owner == user or (owner is None and not closed):
        return Identity(user=user, group=group)
    return Identity(prefix=NAMESPACE, hint=HINT)


def closed_folders(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Those that other users may not enter."""
    return tuple(f for f in dict.fromkeys(folders) if f.exists() and not f.stat().st_mode & stat.S_IXOTH)
