"""A program of its own: enters the network and files of another process and probes one edge from there.

Reads its orders as JSON from its standard input and prints what it observed. Entering needs the rights of root, or a
user namespace of one's own.
"""

import asyncio
import ctypes
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from goldenpath.facts import Observation
from goldenpath.manifest.model import Edge, System
from goldenpath.probes.edge import EdgeOptions, probe_edge
from goldenpath.probes.phase import errno_name
from goldenpath.probes.record import Recorder

KINDS = ("user", "net", "mnt")
"""In this order: in a user namespace of one's own one may enter what belongs to it."""


def enter(pid: int) -> None:
    """Go where this process is; OSError when we may not."""
    opened = [(kind, os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY)) for kind in KINDS if _differs(pid, kind)]
    # Code that is read only when it is needed must be read before the files are others.
    "".encode("idna")
    for kind, descriptor in opened:
        _set_namespace(kind, descriptor)
        os.close(descriptor)


def _differs(pid: int, kind: str) -> bool:
    return Path(f"/proc/{pid}/ns/{kind}").readlink() != Path(f"/proc/self/ns/{kind}").readlink()


def _set_namespace(kind: str, descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, 0):
        number = ctypes.get_errno()
        raise OSError(number, f"{os.strerror(number)}: its namespace {kind!r}")


async def look(orders: Mapping[str, Any]) -> tuple[Observation, ...]:
    """Probe the edge that the orders name."""
    return await probe_edge(
        Recorder(),
        System.model_validate(orders["system"]),
        Edge.model_validate(orders["edge"]),
        orders["environ"],
        EdgeOptions.model_validate(orders["options"]),
    )


def main() -> None:
    """Read, enter, look, tell."""
    orders: dict[str, Any] = json.load(sys.stdin)
    try:
        enter(int(orders["pid"]))
    except OSError as error:
        print(json.dumps({"error": f"{errno_name(error)}: {error.strerror}"}))  # noqa: T201 - its answer
        return
    seen = asyncio.run(look(orders))
    print(json.dumps({"observations": [o.model_dump(mode="json") for o in seen]}))  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
