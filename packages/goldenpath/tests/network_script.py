"""Runs inside a network of its own: does each fault named on its command line, and prints what a client sees of it."""

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path

from goldenpath.drills.net.orders import ORDERS, Order
from goldenpath.drills.net.plan import PARTS, REMOTE, Files
from goldenpath.probes.dns import resolve
from goldenpath.probes.route import network_of, way_to
from goldenpath.probes.wire import connect

PORT = 6379
SERVE = "import socket,time; s=socket.create_server(('10.166.204.83', 6379)); print('up', flush=True); time.sleep(600)"


async def main() -> None:
    """One line of JSON for each fault, the first without any."""
    files = Files(Path(sys.argv[1]))
    files.names.write_text(json.dumps({"cache.internal": REMOTE.address}), encoding="utf-8")
    enter = [sys.executable, "-P", "-m", "goldenpath.drills.net.enter", str(files.folder), "remote"]
    with subprocess.Popen([*enter, sys.executable, "-c", SERVE], stdout=subprocess.PIPE) as server:  # noqa: ASYNC220
        if server.stdout:
            server.stdout.readline()
        sys.stdout.write(f"{json.dumps(await seen(server.pid))}\n")
        for order in ORDERS.validate_json(sys.argv[2]):
            act(files, (order,))
            sys.stdout.write(f"{json.dumps(await seen(server.pid))}\n")
            act(files, tuple(Order(part=part) for part in PARTS))
        sys.stdout.write(f"{json.dumps(await seen(server.pid))}\n")
        server.kill()


async def seen(server: int) -> dict[str, object]:
    """How a connect ends, what is known of the way, and what the server's own network looks like."""
    looked_up, addresses = await resolve("cache.internal", str(PORT), 2.0)
    where = addresses or ((socket.AF_INET, (REMOTE.address, PORT)),)
    tcp, opened = await connect(where, 1.5)
    if opened is not None:
        await opened.close()
    way, network = await way_to(where, 1.0), network_of(server)
    return {
        "dns": looked_up.error,
        "tcp": tcp.error,
        "lookup": way.lookup if way else "",
        "answer": way.answer if way else None,
        "routes_there": [str(r) for r in network.routes] if network else None,
        "addresses_there": network.addresses if network else None,
    }


def act(files: Files, orders: tuple[Order, ...]) -> None:
    """Change the network."""
    words = ["-P", "-m", "goldenpath.drills.net.act", str(files.folder), ORDERS.dump_json(orders).decode()]
    subprocess.run([sys.executable, *words], check=True)


if __name__ == "__main__":
    asyncio.run(main())
