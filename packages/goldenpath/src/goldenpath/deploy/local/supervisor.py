"""The program that keeps one environment's processes: `python -m goldenpath.deploy.local.supervisor STATE_DIR`.

It leaves the terminal and the command that started it, says on stdout when its door is open, and stays until it is
told to go down. It imports the standard library only.
"""

import asyncio
import os
import secrets
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from goldenpath.deploy.local.control import Control
from goldenpath.deploy.local.disk import try_lock, write_json
from goldenpath.deploy.local.front import Front
from goldenpath.deploy.local.guardian import adopt_orphans, die_with_parent, guard, let_go
from goldenpath.deploy.local.keeper import Keeper
from goldenpath.deploy.local.layout import Layout

WATCH_S = 2.0
"""How often it looks whether its state folder is still there."""


def main() -> None:
    """Detach, leave a guardian behind, then serve."""
    layout = Layout(Path(sys.argv[1]))
    if os.fork():
        # Whoever started us waits for this process only.
        os._exit(0)
    os.setsid()
    adopt_orphans()
    if supervisor := os.fork():
        guard(supervisor)
        os._exit(0)
    die_with_parent(signal.SIGTERM)
    adopt_orphans()
    if try_lock(layout.supervisor_lock) is None:
        os.write(1, b"taken\n")
        return
    asyncio.run(_serve(layout))


async def _serve(layout: Layout) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    keeper, front, token = Keeper(layout.children), Front(), secrets.token_urlsafe(32)
    control = Control(keeper, front, token=token, end=ended.set)
    loop.add_signal_handler(signal.SIGCHLD, keeper.reap)
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    for number in (signal.SIGHUP, signal.SIGINT):
        # Not ignored: an ignored signal would stay ignored in every child.
        loop.add_signal_handler(number, _stay)
    door = {"pid": os.getpid(), "port": await control.listen(), "token": token}
    write_json(layout.supervisor, {**door, "started_at": datetime.now(UTC).isoformat()})
    _leave_terminal(layout.supervisor_log)
    await _until_ended(layout, ended)
    await front.close()
    await keeper.stop_all()
    layout.supervisor.unlink(missing_ok=True)
    layout.children.unlink(missing_ok=True)


async def _until_ended(layout: Layout, ended: asyncio.Event) -> None:
    """Return when told to end, or when the state folder was deleted: nobody could reach us any more."""
    while layout.supervisor_lock.exists():
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), WATCH_S)
            return


def _leave_terminal(log: Path) -> None:
    """Say that the door is open, and let go of whatever the command that started us has open."""
    os.write(1, b"ready\n")
    let_go(str(log))


def _stay() -> None:
    """Do nothing: an environment outlives the terminal it was started from."""


if __name__ == "__main__":
    main()
