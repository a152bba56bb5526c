"""Predictions about the way to a component: what our own host says, who answered, what the other side looks like."""

from ipaddress import IPv4Address, IPv4Network

from goldenpath.diagnosis.edges import EdgeView, views_into
from goldenpath.diagnosis.evidence import Evidence, number, text_field
from goldenpath.diagnosis.processes import processes_of
from goldenpath.diagnosis.readers.combine import UNKNOWN, against, any_seen, seen
from goldenpath.diagnosis.rule import Read, Reading, Site
from goldenpath.facts import Observation

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised here, never bound
LOOPBACK = IPv4Network("127.0.0.0/8")
FEW = 2
"""A single packet that had to be sent again is nothing."""


def own_table_refuses(evidence: Evidence, site: Site) -> Reading:
    """Our own host knows no way to the address: nothing is ever sent."""
    return any_seen(_own_table(view) for view in views_into(evidence, site.edges))


def answered_by(*means: str) -> Read:
    """Somebody on the way, or its host itself, answered with an ICMP message of this meaning."""

    def read(evidence: Evidence, site: Site) -> Reading:
        return any_seen(_answered(view, means) for view in views_into(evidence, site.edges))

    return read


def router_has_no_route(evidence: Evidence, site: Site) -> Reading:
    """On some way to the component a router says so; it does not say so to everybody, for it limits how often."""
    views = views_into(evidence, evidence.edges_into(site.component))
    return any_seen(_has_no_route(view) for view in views)


def reset(evidence: Evidence, site: Site) -> Reading:
    """A TCP reset came, as from a host on which nobody listens at that address; a filter can send one, too."""
    return any_seen(_kind(view, "reset") for view in views_into(evidence, site.edges))


def no_way_back(evidence: Evidence, site: Site) -> Reading:
    """The component's host has no route to the address that its clients send from."""
    sources = [o for view in views_into(evidence, site.edges) if (o := view.flag("route.source"))]
    tables = _of_processes(evidence, site, "process.routes")
    return any_seen(_way_back(table, source) for table in tables for source in sources)


def is_cut_off(evidence: Evidence, site: Site) -> Reading:
    """The component's host has no route at all: its link is down."""
    return any_seen(_cut_off(table) for table in _of_processes(evidence, site, "process.routes"))


def bound_elsewhere(evidence: Evidence, site: Site) -> Reading:
    """The component listens on its port, and not at this address of its host."""
    return any_seen(
        _bound(evidence, process, answer)
        for process in _subjects(evidence, site)
        for answer in _answers(evidence, site)
    )


def not_its_host(evidence: Evidence, site: Site) -> Reading:
    """The address that was tried is none of the component's host."""
    hosts = _of_processes(evidence, site, "process.addresses")
    return any_seen(_foreign(host, answer) for host in hosts for answer in _answers(evidence, site))


def packets_are_lost(evidence: Evidence, site: Site) -> Reading:
    """Of several connects at once some had to send packets again, and some did not."""
    return any_seen(_lost(view) for view in views_into(evidence, site.edges))


def _own_table(view: EdgeView) -> Reading:
    found = view.flag("route.lookup")
    if found is None:
        return against([o], "it was reached") if (o := view.ms("tcp")) else UNKNOWN
    if found.value == "ok":
        return against([found], "our own host knows a way")
    return seen([found], f"the table of our own host says {found.value}")


def _has_no_route(view: EdgeView) -> Reading:
    """A message of a router, or the error that only such a message gives where our own host knows a way."""
    error, lookup = view.flag("tcp.error"), view.flag("route.lookup")
    if error and lookup and (error.value, lookup.value) == ("ENETUNREACH", "ok"):
        return seen([error, lookup], "our own host knows a way, and a router answers that there is none")
    return _answered(view, ("net_unreachable", "host_unreachable"))


def _answered(view: EdgeView, means: tuple[str, ...]) -> Reading:
    found, lookup = view.flag("route.answer"), view.flag("route.lookup")
    if lookup and lookup.value != "ok":
        return against([lookup], "nothing is ever sent that anybody could answer")
    if found is None:
        return against([o], "it was reached") if (o := view.ms("tcp")) else UNKNOWN
    words = f"{text_field(found, 'from')} answers {text_field(found, 'means')}"
    if text_field(found, "kind") != "icmp":
        return against([found], f"no router or filter answers: {text_field(found, 'kind')}")
    return seen([found], words) if text_field(found, "means") in means else against([found], words)


def _kind(view: EdgeView, kind: str) -> Reading:
    found = view.flag("route.answer")
    if found is None:
        return UNKNOWN
    words = f"what answers is {text_field(found, 'kind')}"
    return seen([found], words) if text_field(found, "kind") == kind else against([found], words)


def _way_back(table: Observation, source: Observation) -> Reading:
    address = IPv4Address(str(source.value))
    if address in LOOPBACK:
        return against([source], "it is on the same host")
    ways = [route for route in _routes(table) if address in IPv4Network(str(route["to"]))]
    if not ways:
        return seen([table, source], f"its host has no route back to {address}")
    if ways and all(route.get("dead_end") for route in ways):
        return seen([table, source], f"its host's route back to {address} leads nowhere")
    return against([table], f"its host has a route back to {address}")


def _cut_off(table: Observation) -> Reading:
    if _routes(table):
        return against([table], "its host has routes")
    return seen([table], "its host has no route at all: its link is down")


def _bound(evidence: Evidence, subject: str, answer: Observation) -> Reading:
    at, host = evidence.get(subject, "process.listening_at"), evidence.get(subject, "process.addresses")
    if at is None or host is None:
        return UNKNOWN
    addresses, to = _texts(at), text_field(answer, "to")
    if addresses & EVERYWHERE or to in addresses:
        return against([at], f"it listens at {', '.join(sorted(addresses))}")
    if to not in _texts(host):
        return against([host], f"{to} is no address of its host")
    return seen([at, host, answer], f"it listens at {', '.join(sorted(addresses))} only, clients go to {to}")


def _foreign(host: Observation, answer: Observation) -> Reading:
    to, own = text_field(answer, "to"), _texts(host)
    if to in own:
        return against([host], f"{to} is an address of its host")
    return seen([host, answer], f"clients go to {to}, its host has {', '.join(sorted(own))}")


def _lost(view: EdgeView) -> Reading:
    found = view.flag("connect.retransmits")
    if found is None or not isinstance(found.value, list):
        return UNKNOWN
    again = [n for value in found.value if (n := number(value))]
    words = f"{len(again)} of {len(found.value)} connects had to send packets again"
    some_come_through = any(value is not None for value in found.value)
    return seen([found], words) if len(again) >= FEW and some_come_through else against([found], words)


def _answers(evidence: Evidence, site: Site) -> list[Observation]:
    return [o for view in views_into(evidence, site.edges) if (o := view.flag("route.answer"))]


def _subjects(evidence: Evidence, site: Site) -> list[str]:
    return [process.subject for process in processes_of(evidence, site.component)]


def _of_processes(evidence: Evidence, site: Site, name: str) -> list[Observation]:
    return [o for subject in _subjects(evidence, site) if (o := evidence.get(subject, name))]


def _routes(table: Observation) -> list[dict[str, object]]:
    routes = table.value if isinstance(table.value, list) else []
    return [{**route} for route in routes if isinstance(route, dict)]


def _texts(observation: Observation) -> set[str]:
    return {str(v) for v in observation.value} if isinstance(observation.value, list) else set()
