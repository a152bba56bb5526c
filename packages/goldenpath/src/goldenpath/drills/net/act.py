"""`python -m goldenpath.drills.net.act FOLDER ORDERS`: change parts of a drill site's network, each from inside it.

A program of its own, because a process that has gone to another network cannot simply come back.
"""

import os
import sys
from pathlib import Path
from typing import assert_never

from goldenpath.drills.net.faults import (
    ChangeName,
    ChangeResolvers,
    ChangeRoute,
    CutLink,
    FilterPackets,
    LimitConnections,
)
from goldenpath.drills.net.filters import Filters
from goldenpath.drills.net.kernel import enter_network
from goldenpath.drills.net.links import Links
from goldenpath.drills.net.orders import ORDERS, PARTS_OF_FILE, Order
from goldenpath.drills.net.plan import Files

FAILED = 1


def main() -> None:
    """Go to each part in turn, and do it."""
    pids = PARTS_OF_FILE.validate_json(Files(Path(sys.argv[1])).processes.read_bytes())
    for order in ORDERS.validate_json(sys.argv[2]):
        child = os.fork()
        if not child:
            _alone(pids[order.part], order)
        _, status = os.waitpid(child, 0)
        if status:
            raise SystemExit(FAILED)


def act(order: Order, filters: Filters, links: Links) -> None:
    """Change the network we are in."""
    match order.fault:
        case None:
            filters.clear()
            links.restore(order.part)
        case FilterPackets():
            filters.filter_packets(order.fault, order.port)
        case LimitConnections():
            filters.limit_connections(order.fault, order.port)
        case ChangeRoute():
            links.change_route(order.fault.to, order.fault.becomes)
        case CutLink():
            links.cut(order.fault.interface)
        case ChangeResolvers() | ChangeName():
            pass  # files, which every part shares
        case _:
            assert_never(order.fault)


def _alone(pid: int, order: Order) -> None:
    code = FAILED
    try:
        enter_network(pid)
        filters, links = Filters(), Links()
        act(order, filters, links)
        filters.close()
        links.close()
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
