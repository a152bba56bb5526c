"""One edge: where it leads, each phase of getting there with its time or error, and its budgets."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from goldenpath.facts import Observation, Record
from goldenpath.manifest.model import Edge, System
from goldenpath.probes import dns, wire
from goldenpath.probes.address import Target, secrets_of, target_of
from goldenpath.probes.phase import CLOSED, CONNECT_PHASES, TIMEOUT, Phase
from goldenpath.probes.reach import connect_ms, reach, speaks_plainly, speaks_tls
from goldenpath.probes.record import Notes, Recorder
from goldenpath.probes.route import TIMEOUT_S, retransmits, way_to
from goldenpath.probes.signatures import meaning, timer_of


class EdgeOptions(Record):
    """How to probe."""

    revision: str = ""
    """Whose variables these are; empty means the recorder's."""
    samples: int = 1
    """How often to connect; more than one gives `connect.samples`."""
    timeout_s: float = 8.0
    """The bound of each phase."""
    suffix: str = ""
    """Added to the subject, such as `@REVISION` for another revision's address."""
    origin: int | None = None
    """A process of the source, from whose network to probe."""

    def of(self, origin: int | None) -> "EdgeOptions":
        """The same from where this process runs."""
        return self.model_copy(update={"origin": origin})


DEFAULT = EdgeOptions()
MS = 1000
AGAIN = 2
"""Further attempts when the first is over its budget."""
UNREACHABLE = frozenset({"EHOSTUNREACH", "ENETUNREACH"})
ANSWERS = 3
"""Attempts to hear who says that there is no way."""
APART_S = 0.3
"""Between the beginnings of repeated connects."""


async def probe_edge(
    recorder: Recorder, system: System, edge: Edge, environ: Mapping[str, str], options: EdgeOptions = DEFAULT
) -> tuple[Observation, ...]:
    """Everything observed of this edge with these variables; nothing for a target without an address."""
    component = system.components[edge.target]
    target = target_of(component, environ)
    if target is None:
        return ()
    recorder.hide(*secrets_of(component, environ))
    notes = Notes(recorder, "edge", f"{edge.source}->{edge.target}{options.suffix}", options.revision)
    notes.note("address", repr(target.shown), f"from the variable {target.variable}")
    notes.note("address.literal", target.is_literal)
    if options.samples > 1:
        attempts = await _attempts(target, options.timeout_s, options.samples)
    else:
        attempts = await _attempts_in_doubt(edge, target, options.timeout_s)
    phases = min(attempts, key=_total)
    _note_phases(notes, phases)
    await _note_way(notes, target, phases)
    await _note_losses(notes, target, phases, is_slow=_is_over(edge, phases))
    await _note_stripped(notes, target, options.timeout_s)
    await _note_plain(notes, target, phases)
    _note_budgets(notes, edge, phases)
    if len(attempts) > 1:
        _note_samples(notes, attempts)
    return notes.taken


async def _attempts_in_doubt(edge: Edge, target: Target, timeout_s: float) -> tuple[tuple[Phase, ...], ...]:
    """One attempt, and two more when it is over its budget: what is slow each time is slow, not the moment.

    They begin as soon as the first is late, so that a fixed wait is not paid twice.
    """
    first = asyncio.create_task(_attempt(target, timeout_s, 0))
    more: asyncio.Task[tuple[tuple[Phase, ...], ...]] | None = None
    try:
        await asyncio.wait({first}, timeout=(edge.connect_ms + edge.query_ms) / MS)
        more = None if first.done() else asyncio.create_task(_attempts(target, timeout_s, AGAIN))
        phases = await first
        if not _is_over(edge, phases):
            return (phases,)
        return (phases, *await (more or _attempts(target, timeout_s, AGAIN)))
    finally:
        for task in (first, more):
            if task is not None:
                task.cancel()


async def _attempts(target: Target, timeout_s: float, count: int) -> tuple[tuple[Phase, ...], ...]:
    # Side by side, so that a fixed wait is paid once, and set apart: what holds up this machine for a moment holds each
    # attempt up for another time, a fixed wait all for the same.
    return tuple(await asyncio.gather(*(_attempt(target, timeout_s, n) for n in range(count))))


def _is_over(edge: Edge, phases: tuple[Phase, ...]) -> bool:
    query = max((p.ms or 0.0 for p in phases if p.name == "query"), default=0.0)
    return (connect_ms(phases) or 0.0) > edge.connect_ms or query > edge.query_ms


def _total(phases: tuple[Phase, ...]) -> float:
    """For the choice of the fastest: an attempt that failed comes first, for a failure is never passed over."""
    return -1.0 if any(p.error for p in phases) else sum(p.ms or 0.0 for p in phases)


async def _attempt(target: Target, timeout_s: float, number: int) -> tuple[Phase, ...]:
    await asyncio.sleep(number * APART_S)
    return await reach(target, timeout_s)


def _note_phases(notes: Notes, phases: tuple[Phase, ...]) -> None:
    for phase in phases:
        if phase.error:
            notes.note(f"{phase.name}.error", phase.error, f"{meaning(phase.name, phase.error)}. {phase.text}")
        else:
            notes.note(f"{phase.name}.ms", phase.ms, phase.text)
        if phase.listed is not None:
            notes.note("model.listed", phase.listed)


async def _note_way(notes: Notes, target: Target, phases: tuple[Phase, ...]) -> None:
    """When nothing was reached: what our own host says of the way, and who answered."""
    if not any(phase.name == "tcp" and phase.error for phase in phases):
        return
    looked_up, addresses = await dns.resolve(target.host, target.port, TIMEOUT_S)
    # Somebody answered that attempt; a router says so about once a second and to one of many, so it is asked again.
    tries = ANSWERS if any(phase.error in UNREACHABLE for phase in phases) else 1
    way = None if looked_up.error else await way_to(addresses, tries=tries)
    if way is None:
        return
    notes.note("route.lookup", way.lookup, f"what the table of our own host says of {way.to}")
    if way.source:
        notes.note("route.source", way.source, "the address that we send from")
    if way.answer is not None:
        notes.note("route.answer", {"to": way.to, **way.answer}, "who answered one more attempt")


async def _note_losses(notes: Notes, target: Target, phases: tuple[Phase, ...], *, is_slow: bool) -> None:
    """When somebody had to wait: how often packets had to be sent again, of many connects at once."""
    waited = any(phase.error in {"ETIMEDOUT", TIMEOUT} for phase in phases if phase.name != "dns")
    if not is_slow and not waited:
        return
    looked_up, addresses = await dns.resolve(target.host, target.port, TIMEOUT_S)
    counts = [] if looked_up.error else await retransmits(addresses)
    if counts:
        notes.note("connect.retransmits", [*counts], "packets sent again by each of several connects; null: none stood")


async def _note_stripped(notes: Notes, target: Target, timeout_s: float) -> None:
    clean = target.stripped()
    if clean is None:
        return
    looked_up, addresses = await dns.resolve(clean.host, clean.port, timeout_s)
    notes.note("dns.stripped", looked_up.error or "ok", f"without white space: {clean.host!r}. {looked_up.text}")
    if looked_up.error:
        return
    tcp, opened = await wire.connect(addresses, timeout_s)
    notes.note("tcp.stripped", tcp.error or "ok", tcp.text)
    if opened is not None:
        await opened.close()


async def _note_plain(notes: Notes, target: Target, phases: tuple[Phase, ...]) -> None:
    """Where the peer did not speak as it was spoken to: the other way, which tells a wrong scheme from a silence.

    A PostgreSQL says by itself whether it speaks TLS.
    """
    failed = {phase.name: phase.error for phase in phases if phase.error}
    if "tls" in failed and target.kind != "postgres":
        greeted = await speaks_plainly(target, TIMEOUT_S)
        notes.note("tls.plain", greeted.error or "ok", f"the same peer, asked in plain text. {greeted.text}")
    elif failed.get("first_byte") == CLOSED and not target.tls:
        shaken = await speaks_tls(target, TIMEOUT_S)
        notes.note("tls.offered", shaken.error or "ok", f"the same peer, asked for TLS. {shaken.text}")


def _note_budgets(notes: Notes, edge: Edge, phases: tuple[Phase, ...]) -> None:
    for exceeded, text in (*_late_connect(edge, phases), *_late_query(edge, phases)):
        notes.note("budget.exceeded", exceeded, text)


def _late_connect(edge: Edge, phases: tuple[Phase, ...]) -> Iterator[tuple[dict[str, JsonValue], str]]:
    total = connect_ms(phases)
    if total is None or total <= edge.connect_ms:
        return
    slowest = max((p for p in phases if p.name in CONNECT_PHASES), key=lambda p: p.ms or 0.0)
    timer = timer_of(slowest.ms or 0.0)
    remark = f", which is a timer of {timer / 1000:g} s and no size" if timer else ""
    exceeded: dict[str, JsonValue] = {"phase": "connect", "ms": total, "budget_ms": edge.connect_ms}
    yield exceeded, f"most of it in {slowest.name}: {slowest.ms} ms{remark}"


def _late_query(edge: Edge, phases: tuple[Phase, ...]) -> Iterator[tuple[dict[str, JsonValue], str]]:
    took = next((p.ms for p in phases if p.name == "query"), None)
    if took is not None and took > edge.query_ms:
        yield {"phase": "query", "ms": took, "budget_ms": edge.query_ms}, ""


def _note_samples(notes: Notes, attempts: Sequence[tuple[Phase, ...]]) -> None:
    totals = [connect_ms(phases) for phases in attempts]
    reached = [total for total in totals if total is not None]
    text = f"{len(totals) - len(reached)} of {len(totals)} attempts failed"
    notes.note("connect.samples", [*reached], text)
