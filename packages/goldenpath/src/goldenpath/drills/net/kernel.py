"""The few calls of Linux that the standard library lacks: namespaces, mounts, and rights that survive an exec."""

import ctypes
import os
from pathlib import Path

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWNET = 0x4000_0000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x4_0000
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_CAP_AMBIENT = 1, 36, 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x2008_0522
CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_SYS_ADMIN = 10, 12, 21
KEPT = (CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_SYS_ADMIN)
"""What a program inside needs: to serve names, to change the network, to enter its other parts."""
_LIBC = ctypes.CDLL(None, use_errno=True)
"""Loaded before any fork: loading takes locks that another thread may hold at that moment."""


def unshare(flags: int) -> None:
    """Leave the namespaces of these kinds for new ones; raises OSError."""
    _must(_LIBC.unshare(flags), "unshare")


def enter_network(pid: int) -> None:
    """Go to the network of this process; raises OSError."""
    descriptor = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        _must(_LIBC.setns(descriptor, CLONE_NEWNET), f"setns {pid}")
    finally:
        os.close(descriptor)


def keep_mounts_private() -> None:
    """Let nothing that is mounted from now on be seen outside."""
    _must(_LIBC.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "mount private")


def lay_over(source: Path, place: Path) -> None:
    """Have a file seen at another file's place."""
    _must(_LIBC.mount(bytes(source), bytes(place), None, MS_BIND, None), f"bind mount at {place}")


def mount_memory(place: Path, options: str) -> None:
    """A file system in memory at this place, with these options of `tmpfs`."""
    _must(_LIBC.mount(b"drill", bytes(place), b"tmpfs", 0, options.encode()), f"mount at {place}")


def unmount(place: Path) -> None:
    """Take away what was mounted last at this place, now or when nobody uses it any more."""
    _must(_LIBC.umount2(bytes(place), MNT_DETACH), f"unmount {place}")


def die_with_parent(number: int) -> None:
    """Have the kernel send this signal when the parent ends, however it ends."""
    _LIBC.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent has died."""
    _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def new_user_namespace(flags: int) -> None:
    """Leave for a user namespace, and others with it, in which we keep our own ids and hold every right."""
    user, group = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER | flags)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")


def keep_rights() -> None:
    """Let the rights that a program inside needs survive an exec, though it is not root."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)()
    _must(_LIBC.capget(header, data), "capget")
    for capability in KEPT:
        data[2] |= 1 << capability
    _must(_LIBC.capset(header, data), "capset")
    for capability in KEPT:
        _must(_LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0), "raise ambient capability")


def _must(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
