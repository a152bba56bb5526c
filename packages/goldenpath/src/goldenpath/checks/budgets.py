"""What a revision takes of what all share, and the times its journeys may take; pure, before anything of it runs."""

from collections.abc import Iterator, Mapping

from goldenpath.facts import Finding, Verdict
from goldenpath.manifest.journeys import Conversation, Journey
from goldenpath.manifest.model import System

CHECK = "budgets"
BESIDE = 2
"""While a candidate is tried and promoted, the revision that has the traffic runs beside it."""
LEAST_LEFT = 0.1
"""Share of a server's connections that operators and repairs need."""
MIB = 1 << 20


def check_budgets(system: System, limits: Mapping[str, int], memory_bytes: int) -> tuple[Finding, ...]:
    """A finding for each budget that is declared; `limits` are the connections that servers allow, where known."""
    return (*_connections(system, limits), *_memory(system, memory_bytes), *_times(system))


def _connections(system: System, limits: Mapping[str, int]) -> Iterator[Finding]:
    for server in dict.fromkeys(share.of for share in system.budgets if share.of and share.connections):
        wanted = sum(
            share.connections * _instances(system, share.component) for share in system.budgets if share.of == server
        )
        most = limits.get(server)
        if most is None:
            words = f"{server}: {wanted} connections are wanted at most; nobody has asked yet how many it allows"
            yield _finding(server, "not_proven", words, required=False)
            continue
        room = int(most * (1 - LEAST_LEFT))
        words = f"{server}: {wanted} connections are wanted at most, with a candidate beside what serves; {room} may be"
        yield _finding(server, "pass" if wanted <= room else "fail", words)


def _instances(system: System, component: str) -> int:
    spec = system.components[component]
    return spec.replicas * (BESIDE if spec.lifetime == "revision" else 1)


def _memory(system: System, memory_bytes: int) -> Iterator[Finding]:
    shares = {share.component: max(share.memory_mb, 0.0) for share in system.budgets if share.memory_mb}
    if not shares:
        return
    wanted = sum(mib * _instances(system, name) for name, mib in shares.items())
    there = memory_bytes / MIB
    words = f"{wanted:.0f} MiB of memory are wanted at most, with a candidate beside what serves; there are {there:.0f}"
    yield _finding("host", "pass" if wanted <= there else "fail", words)


def _times(system: System) -> Iterator[Finding]:
    """Whether a journey that waits for each of its dependencies, as long as their budgets allow, ends in its time."""
    for name, journey in system.journeys.items():
        if journey.conversation is None:
            continue
        yield _time(system, name, journey, journey.conversation)


def _time(system: System, name: str, journey: Journey, conversation: Conversation) -> Finding:
    needs = {*journey.needs}
    edges = [edge for edge in system.edges if {edge.source, edge.target} <= needs]
    spent = sum(edge.connect_ms + edge.query_ms for edge in edges) / 1000
    words = (
        f"journey {name}: its dependencies may take {spent:.1f} s together, {conversation.deadline_s:.0f} s are allowed"
    )
    verdict: Verdict = "pass" if spent <= conversation.deadline_s else "fail"
    return _finding(f"journey:{name}", verdict, words, required=False)


def _finding(subject: str, verdict: Verdict, statement: str, *, required: bool = True) -> Finding:
    return Finding(check=CHECK, subject=subject, verdict=verdict, statement=statement, required=required)
