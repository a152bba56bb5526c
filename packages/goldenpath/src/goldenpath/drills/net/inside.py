"""`python -m goldenpath.drills.net.inside FOLDER COMMAND…`: run a command in a network that exists for it alone.

Root makes the network as it is; anybody else in a user namespace, in which they keep their own name. When the command
ends, everything that it left behind is ended and the network is gone.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from goldenpath.deploy.local.guardian import end_descendants
from goldenpath.drills.net import kernel, names
from goldenpath.drills.net.links import Links
from goldenpath.drills.net.orders import PARTS_OF_FILE
from goldenpath.drills.net.plan import Files, Part, resolver_lines

RESOLV_CONF = Path("/etc/resolv.conf")
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
ICMP_LIMIT = Path("/proc/sys/net/ipv4/icmp_ratelimit")
ICMP_EVERY_MS = "100"
"""So often the router says why it does not forward; a kernel's own second is soon used up by clients that try again."""
FAILED = 70
"""The exit code when the network itself cannot be made."""


def main() -> None:
    """Make the network, run the command, leave nothing behind."""
    files, command = Files(Path(sys.argv[1])), sys.argv[2:]
    kernel.die_with_parent(signal.SIGTERM)
    signal.signal(signal.SIGTERM, _ended)
    try:
        make(files)
    except OSError as error:
        sys.stderr.write(f"no network of our own: {error}\n")
        raise SystemExit(FAILED) from error
    kernel.adopt_orphans()
    try:
        raise SystemExit(_run(command))
    finally:
        files.processes.unlink(missing_ok=True)
        end_descendants()


def make(files: Files) -> None:
    """Leave for a network of our own and build the rest of it; raises OSError."""
    root = os.geteuid() == 0
    flags = kernel.CLONE_NEWNET | kernel.CLONE_NEWNS
    if root:
        kernel.unshare(flags)
    else:
        kernel.new_user_namespace(flags)
    kernel.keep_mounts_private()
    pids: dict[Part, int] = {"site": os.getpid(), "router": hold(_wait), "remote": hold(_wait)}
    _write_files(files, pids)
    kernel.lay_over(files.resolvers, RESOLV_CONF)
    links = Links()
    links.lay_cables(pids)
    links.close()
    for part, pid in pids.items():
        _finish(hold(lambda part=part, pid=pid: _set_up(part, pid), own_network=False))
    hold(lambda: _serve_names(files, pids["router"]), own_network=False)
    if not root:
        kernel.keep_rights()


def hold(work: Callable[[], None], *, own_network: bool = True) -> int:
    """Start a child that does this, in a network of its own or in ours; its process id once the network is there."""
    ready, told = os.pipe()
    pid = os.fork()
    if not pid:
        _child(work, told, own_network=own_network)
    os.close(told)
    well = os.read(ready, 1)
    os.close(ready)
    if not well:
        raise OSError(f"a part of the network could not be made by process {pid}")
    return pid


def _child(work: Callable[[], None], told: int, *, own_network: bool) -> None:
    code = 1
    try:
        kernel.die_with_parent(signal.SIGKILL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if own_network:
            kernel.unshare(kernel.CLONE_NEWNET)
        os.write(told, b".")
        os.close(told)
        work()
        code = 0
    finally:
        os._exit(code)


def _wait() -> None:
    while True:
        signal.pause()


def _set_up(part: Part, pid: int) -> None:
    kernel.enter_network(pid)
    links = Links()
    links.set_up(part)
    links.close()
    if part == "router":
        FORWARDING.write_text("1", encoding="ascii")
        ICMP_LIMIT.write_text(ICMP_EVERY_MS, encoding="ascii")


def _serve_names(files: Files, router: int) -> None:
    kernel.enter_network(router)
    names.serve(files)


def _finish(pid: int) -> None:
    _, status = os.waitpid(pid, 0)
    if status:
        raise OSError(f"a part of the network could not be set up: {os.waitstatus_to_exitcode(status)}")


def _write_files(files: Files, pids: dict[Part, int]) -> None:
    files.folder.mkdir(parents=True, exist_ok=True)
    files.processes.write_bytes(PARTS_OF_FILE.dump_json(pids))
    files.resolvers.write_text(resolver_lines(("good",)), encoding="ascii")
    if not files.names.exists():
        files.names.write_text("{}", encoding="ascii")


def _run(command: list[str]) -> int:
    pid = os.posix_spawnp(command[0], command, os.environ)
    while True:
        ended, status = os.wait()
        if ended == pid:
            return os.waitstatus_to_exitcode(status)


def _ended(number: int, frame: object) -> None:
    del frame
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
