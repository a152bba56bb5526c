"""A disk of its own under the data of a component, which then is full, or breaks and can only be read."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import psutil

from goldenpath.deploy.target import Target
from goldenpath.drills.injections import BreakDisk, FillDisk
from goldenpath.drills.net import kernel
from goldenpath.drills.processes import ALIVE, families
from goldenpath.errors import StateError
from goldenpath.facts import Record
from goldenpath.manifest.model import System

ROOM = 64 << 20
"""Bytes that a disk has beyond what the data takes: PostgreSQL may want 16 MiB for its log when it starts."""
IMAGE = 256 << 20
"""Bytes of a disk that lies in a file, beyond the same; most of them are never written."""
BLOCK = 4096
END_S = 20.0
SETTLE_S = 3.0
"""A server may still be at work on its own data for a while after it listens; it shall be well before it is not."""
POLL_S = 0.05
ENDS = {"postgres": signal.SIGINT}
"""PostgreSQL waits for its clients on SIGTERM."""
FILLED = "filled-by-a-drill"
TOOLS = ("mkfs.ext4", "mount", "cp")
Mount = Callable[[Path, int], Awaitable[None]]


class Placed(Record):
    """The component whose data is on a disk of its own, and where."""

    component: str
    folder: Path
    signal_number: int


def why_no_image() -> str:
    """Why this machine cannot mount a disk that lies in a file; empty when it can."""
    if os.geteuid() or not Path("/dev/loop-control").exists():
        return "only root can mount a disk that lies in a file, where the kernel has loop devices"
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"{absent[0]} is not installed" if absent else ""


async def fill(system: System, target: Target, fault: FillDisk, stack: AsyncExitStack) -> None:
    """Leave no room on it; the component stands on its old disk again when the stack is left."""
    placed = await _placed(system, target, fault.component)
    await _moved(target, placed, _in_memory, stack)
    await asyncio.sleep(SETTLE_S)
    await asyncio.to_thread(_fill, placed.folder / FILLED, fault.left)


async def break_down(system: System, target: Target, fault: BreakDisk, stack: AsyncExitStack) -> None:
    """Have its file system meet an error, after which the kernel lets nobody write any more."""
    placed = await _placed(system, target, fault.component)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drill-")))

    async def in_file(place: Path, size: int) -> None:
        image = folder / "disk"
        with image.open("wb") as file:
            file.truncate(size + IMAGE)
        await _do("mkfs.ext4", "-q", "-F", str(image))
        await _do("mount", "-t", "ext4", "-o", "loop,errors=remount-ro", str(image), str(place))

    await _moved(target, placed, in_file, stack)
    told = Path("/sys/fs/ext4") / _device(placed.folder) / "trigger_fs_error"
    told.write_text("drill", encoding="ascii")


async def _placed(system: System, target: Target, component: str) -> Placed:
    number = ENDS.get(system.components[component].kind, signal.SIGTERM)
    folder = _data_folder(await families(target, component), component)
    return Placed(component=component, folder=folder, signal_number=number)


def _data_folder(pids: tuple[int, ...], component: str) -> Path:
    """Where the server itself works: the last of its processes, as the first may only watch over it."""
    for pid in reversed(pids):
        with suppress(psutil.Error):
            return Path(psutil.Process(pid).cwd())
    raise StateError("no process of it stays long enough to be looked at", where=component)


async def _moved(target: Target, placed: Placed, mount: Mount, stack: AsyncExitStack) -> None:
    await _end(target, placed)
    await _lay_over(placed.folder, mount)
    stack.push_async_callback(_take_away, target, placed)
    await target.restart(placed.component)


async def _end(target: Target, placed: Placed) -> None:
    """Have it end in good order."""
    for process in await target.processes():
        if process.component == placed.component and process.pid and process.state in ALIVE:
            await target.signal(placed.component, process.pid, placed.signal_number)
    async with asyncio.timeout(END_S):
        while await _lives(target, placed.component):  # noqa: ASYNC110 - another process's end has no event
            await asyncio.sleep(POLL_S)


async def _lives(target: Target, component: str) -> bool:
    return any(p.component == component and p.state in ALIVE for p in await target.processes())


async def _lay_over(folder: Path, mount: Mount) -> None:
    """Another disk at this place, with all that is there now; the folder's own mode and owner, too."""
    below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        await mount(folder, await asyncio.to_thread(_size, folder) + ROOM)
        await _do("cp", "-a", f"/proc/self/fd/{below}/.", str(folder), keep=below)
    finally:
        os.close(below)


async def _in_memory(place: Path, size: int) -> None:
    kernel.mount_memory(place, f"size={size}")


async def _take_away(target: Target, placed: Placed) -> None:
    with suppress(OSError):  # what can only be read stays as it is, and goes with its disk
        (placed.folder / FILLED).unlink(missing_ok=True)
    await _end(target, placed)
    kernel.unmount(placed.folder)
    await target.restart(placed.component)


async def _do(*words: str, keep: int | None = None) -> None:
    process = await asyncio.create_subprocess_exec(
        *words,
        pass_fds=() if keep is None else (keep,),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise StateError(f"{words[0]} failed: {said.decode(errors='replace').strip()}", where=words[-1])


def _device(folder: Path) -> str:
    """The name of the device that is mounted here, such as `loop0`."""
    device = folder.stat().st_dev
    return Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve().name


def _size(folder: Path) -> int:
    files = (path.lstat().st_size for path in folder.rglob("*"))
    return sum((size + BLOCK - 1) // BLOCK * BLOCK + BLOCK for size in files)


def _fill(path: Path, left: int) -> None:
    room = os.statvfs(path.parent)
    size = room.f_bavail * room.f_frsize - left
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(size, BLOCK))
