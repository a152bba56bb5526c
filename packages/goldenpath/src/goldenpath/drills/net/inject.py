"""Does a drill's faults to the network of its site, and takes them back."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack

from goldenpath.drills.net.faults import ChangeName, ChangeResolvers, FilterPackets, LimitConnections, NetworkFault
from goldenpath.drills.net.orders import ORDERS, Order
from goldenpath.drills.net.plan import PARTS, Files, resolver_lines
from goldenpath.errors import ManifestError, StateError
from goldenpath.manifest.model import System
from goldenpath.probes.address import target_of


async def change(
    system: System, files: Files, fault: NetworkFault, good: Mapping[str, str], stack: AsyncExitStack
) -> None:
    """Do it, and take everything back when the stack is left."""
    if not files.processes.exists():
        raise StateError("there is no network of its own here", where="drill")
    match fault:
        case ChangeResolvers():
            _rewrite(files, stack, resolvers=resolver_lines(fault.resolvers))
        case ChangeName():
            names: dict[str, str] = json.loads(files.names.read_text(encoding="utf-8"))
            names.pop(fault.name, None)
            _rewrite(
                files, stack, names=json.dumps({**names, **({fault.name: fault.address} if fault.address else {})})
            )
        case _:
            stack.push_async_callback(_order, files, tuple(Order(part=part) for part in PARTS))
            port = _port(system, fault.component, good) if isinstance(fault, FilterPackets | LimitConnections) else 0
            await _order(files, (Order(part=fault.at, fault=fault, port=port),))


def _rewrite(files: Files, stack: AsyncExitStack, *, resolvers: str | None = None, names: str | None = None) -> None:
    """Change a file in place: what is laid over another file is this very one."""
    for path, text in ((files.resolvers, resolvers), (files.names, names)):
        if text is not None:
            stack.callback(path.write_text, path.read_text(encoding="utf-8"), encoding="utf-8")
            path.write_text(text, encoding="utf-8")


def _port(system: System, component: str, good: Mapping[str, str]) -> int:
    target = target_of(system.components[component], good)
    if target is None or not target.port.isdecimal():
        raise ManifestError("has no port that a filter could name", where=component)
    return int(target.port)


async def _order(files: Files, orders: tuple[Order, ...]) -> None:
    words = ("-P", "-m", "goldenpath.drills.net.act", str(files.folder), ORDERS.dump_json(orders).decode())
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    if process.returncode:
        raise StateError(f"the network could not be changed: {said.decode(errors='replace')[-400:]}", where="drill")
