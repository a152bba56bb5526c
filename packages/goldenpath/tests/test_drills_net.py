"""A network of its own: what each of its faults looks like to a client, and that all of it can be taken back."""

import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from goldenpath.drills.files import load
from goldenpath.drills.needs import missing
from goldenpath.drills.net.faults import ChangeRoute, CutLink, FilterPackets
from goldenpath.drills.net.names import answer
from goldenpath.drills.net.orders import ORDERS, Order
from goldenpath.drills.net.plan import Resolver, resolver_lines
from goldenpath.drills.net.site import files_of, spec_of, system_inside, why_not
from goldenpath.manifest.parse import load as load_system

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = Path(__file__).parent / "network_script.py"
PORT = 6379
NAMES = {"cache.internal": "10.166.204.83"}


def filtered(at: str, how: str) -> Order:
    fault = FilterPackets.model_validate({"component": "redis", "at": at, "answer": how})
    return Order.model_validate({"part": at, "fault": fault, "port": PORT})


FAULTS: dict[str, tuple[Order, dict[str, Any]]] = {
    "dropped": (filtered("router", "drop"), {"tcp": "ETIMEDOUT", "lookup": "ok", "kind": "silence"}),
    "reset": (filtered("router", "reset"), {"tcp": "ECONNREFUSED", "lookup": "ok", "kind": "reset"}),
    "rejected": (
        filtered("router", "port_unreachable"),
        {"tcp": "ECONNREFUSED", "lookup": "ok", "kind": "icmp", "means": "port_unreachable", "from": "10.1.0.1"},
    ),
    "prohibited": (
        filtered("router", "prohibited"),
        {"tcp": "EHOSTUNREACH", "lookup": "ok", "kind": "icmp", "means": "prohibited"},
    ),
    "no route": (
        Order(part="site", fault=ChangeRoute(at="site", to="default")),
        {"tcp": "ENETUNREACH", "lookup": "ENETUNREACH"},
    ),
    "black hole": (
        Order(part="site", fault=ChangeRoute(at="site", to="10.166.204.80/29", becomes="blackhole")),
        {"tcp": "EINVAL", "lookup": "EINVAL"},
    ),
    "prohibit": (
        Order(part="site", fault=ChangeRoute(at="site", to="10.166.204.80/29", becomes="prohibit")),
        {"tcp": "EACCES", "lookup": "EACCES"},
    ),
    "no way back": (
        Order(part="remote", fault=ChangeRoute(at="remote", to="default")),
        {"tcp": "ETIMEDOUT", "lookup": "ok", "routes": 1},
    ),
    "cut off": (Order(part="remote", fault=CutLink(at="remote", interface="uplink")), {"lookup": "ok", "routes": 0}),
}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_each_fault_looks_to_a_client_as_it_does_to_people(tmp_path: Path) -> None:
    if why := why_not():
        pytest.skip(why)
    orders = ORDERS.dump_json(tuple(order for order, _ in FAULTS.values())).decode()
    command = [sys.executable, "-P", "-m", "goldenpath.drills.net.inside", str(tmp_path / "parts")]
    done = subprocess.run(
        [*command, sys.executable, str(SCRIPT), str(tmp_path / "parts"), orders],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1500:]
    first, *seen, last = [json.loads(line) for line in done.stdout.splitlines()]
    for name, (_, expected) in FAULTS.items():
        assert_seen(name, seen[list(FAULTS).index(name)], expected)
    for well in (first, last):
        assert (well["dns"], well["tcp"], well["lookup"]) == ("", "", "ok")
        assert set(well["addresses_there"]) - {"127.0.0.1"} == {"10.166.204.83"}
        assert len(well["routes_there"]) == 2
    assert not (tmp_path / "parts" / "parts.json").exists()


def assert_seen(name: str, seen: dict[str, Any], expected: dict[str, Any]) -> None:
    said: dict[str, Any] = seen["answer"] or {}
    flat: dict[str, Any] = {**seen, **said, "routes": len(seen["routes_there"])}
    assert {key: flat.get(key) for key in expected} == expected, name


def question(name: str, kind: int = 1) -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)


@pytest.mark.parametrize(
    ("resolver", "name", "code", "answers"),
    [
        ("good", "cache.internal", 0, 1),
        ("good", "CACHE.internal", 0, 1),
        ("good", "nobody.internal", 3, 0),
        ("failing", "cache.internal", 2, 0),
        ("refusing", "cache.internal", 5, 0),
    ],
)
def test_a_name_server_answers_as_its_kind_does(resolver: Resolver, name: str, code: int, answers: int) -> None:
    said = answer(question(name), resolver, NAMES)
    assert said is not None
    number, flags, _, count, *_ = struct.unpack_from("!6H", said)
    assert (number, flags & 0xF, count) == (7, code, answers)


def test_a_silent_name_server_says_nothing_and_a_good_one_nothing_of_other_kinds() -> None:
    assert answer(question("cache.internal"), "silent", NAMES) is None
    other = answer(question("cache.internal", kind=28), "good", NAMES)
    assert other is not None
    assert struct.unpack_from("!6H", other)[3] == 0


def test_the_resolvers_stand_in_the_order_given() -> None:
    assert resolver_lines(("silent", "good")) == "nameserver 10.1.0.4\nnameserver 10.1.0.1\n"


def test_the_site_inside_is_the_same_system_with_what_differs() -> None:
    system = load_system(ROOT / "goldenpath.toml")
    spec, files = spec_of(ROOT / "drills"), files_of(Path("here"))
    inside = system_inside(system, spec, files)
    assert list(inside.environments) == ["network"]
    before = system.environments["local"].variables
    after = inside.environments["network"].variables
    assert {name for name in after if after[name] != before[name]} == set(spec.variables)
    run = inside.components["redis"].run
    assert run is not None
    assert run[2:6] == ("-m", "goldenpath.drills.net.enter", str(files.folder), "remote")


def test_drills_that_need_a_network_say_so_and_no_others() -> None:
    for drill in load(ROOT / "drills"):
        kinds = {injection.type for injection in drill.inject}
        own = kinds & {
            "filter_packets",
            "limit_connections",
            "change_route",
            "cut_link",
            "change_resolvers",
            "change_name",
        }
        assert not own or drill.needs == ("network",), drill.id
        assert bool(missing(drill)) == (bool(why_not()) and drill.needs == ("network",))
