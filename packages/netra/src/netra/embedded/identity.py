"""As whom PostgreSQL runs: it refuses root, and a user that has no name.

Root lends it `nobody`, when that user can enter every folder on the way to the data and to the programs. Otherwise,
and for a user without a name, it runs in a user namespace in which we are called `nobody`. The mode of a folder that
we did not make is never changed.
"""

import os
import pwd
import stat
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from netra.embedded.failures import ServerError

HINT = "where user namespaces are forbidden, run as a user with a name, or as root with folders that nobody can enter"


class Identity(BaseModel):
    """What to put before a command, and whom to run it as."""

    model_config = ConfigDict(frozen=True)

    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None
    hint: str = ""


def identity(data: Path, programs: Path) -> Identity:
    """The identity for this data folder; data that exists keeps its owner."""
    entry = pwd.getpwnam("nobody")
    nobody = (entry.pw_uid, entry.pw_gid)
    if os.geteuid() != 0:
        return Identity() if _has_name(os.geteuid()) else namespace(nobody)
    closed = closed_folders([*data.parents, programs, *programs.parents])
    owner = data.stat().st_uid if data.exists() else None
    return decide(owner=owner, nobody=nobody, closed=closed)


def decide(*, owner: int | None, nobody: tuple[int, int], closed: tuple[Path, ...]) -> Identity:
    """What root lends; pure: from the data's owner (None: no data yet) and the folders that others may not enter."""
    user, group = nobody
    if owner == user and closed:
        raise ServerError(
            f"the data belongs to nobody, who cannot enter {closed[0]}",
            component="postgres",
            hint="let others enter that folder, or choose another data folder",
        )
    if owner == user or (owner is None and not closed):
        return Identity(user=user, group=group)
    return namespace(nobody)


def namespace(nobody: tuple[int, int]) -> Identity:
    """A user namespace in which we, whoever we are, have the ids of nobody."""
    user, group = nobody
    return Identity(prefix=("unshare", "--user", f"--map-user={user}", f"--map-group={group}"), hint=HINT)


def closed_folders(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Those that other users may not enter."""
    return tuple(f for f in dict.fromkeys(folders) if f.exists() and not f.stat().st_mode & stat.S_IXOTH)


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True
